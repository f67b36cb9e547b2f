/// What the names of a path mean: `FARM/CLUSTER/NODE[/TMIN/TMAX]/PARAMETERS[/CONDITION]`.
///
/// Follows `Rest.parseURL` of MonALISA. Missing names stand for any.
package struct RestPath: Hashable, Sendable {
    package private(set) var farm: String?
    package private(set) var cluster: String?
    package private(set) var node: String?
    /// `nil` for any time, asked for or not.
    package private(set) var window: TimeWindow?
    /// The list of parameters as written; `nil` to browse names instead.
    package private(set) var parameters: String?
    /// The condition as written.
    package private(set) var condition: String?

    /// - Parameter segments: The decoded names, none empty. What follows the condition is ignored.
    package init(segments: [String]) {
        var rest = segments[...]
        self.farm = rest.popFirst()
        self.cluster = rest.popFirst()
        self.node = rest.popFirst()
        guard rest.count >= 2, let first = rest.popFirst(), let second = rest.popFirst() else {
            self.parameters = rest.popFirst()
            return
        }
        if let from = Int64(first), let to = Int64(second) {
            self.window = TimeWindow(from: from, to: to)
            self.parameters = rest.popFirst()
            self.condition = rest.popFirst()
        } else {
            // So does the original: a sixth name takes the place of the fourth, a seventh that of the fifth.
            self.parameters = rest.popFirst() ?? first
            self.condition = rest.popFirst() ?? second
        }
    }

    /// How many of the four names an answer in browse mode has: one level below the last one named.
    package var browsedColumns: Int {
        1 + [self.farm, self.cluster, self.node].prefix { $0 != nil }.count
    }

    /// The patterns of the series asked for, one for each item of the list of parameters, in their order.
    ///
    /// An empty item stands for any parameter, but empty items at the end of the list do not count.
    package var patterns: [SeriesPattern] {
        guard let parameters = self.parameters else { return [self.pattern(parameter: .any)] }
        var items = parameters.split(separator: "|", omittingEmptySubsequences: false)
        while items.last?.isEmpty == true {
            items.removeLast()
        }
        return items.map { self.pattern(parameter: $0.isEmpty ? .any : NamePattern(String($0))) }
    }

    private func pattern(parameter: NamePattern) -> SeriesPattern {
        SeriesPattern(
            farm: self.farm.map(NamePattern.init) ?? .any, cluster: self.cluster.map(NamePattern.init) ?? .any,
            node: self.node.map(NamePattern.init) ?? .any, parameter: parameter)
    }
}
