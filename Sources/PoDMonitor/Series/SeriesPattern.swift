/// Which series a request asks for: one pattern a name.
package struct SeriesPattern: Hashable, Sendable {
    package let farm: NamePattern
    package let cluster: NamePattern
    package let node: NamePattern
    package let parameter: NamePattern
    /// The one series that can match, where no name holds a sign.
    let exactKey: SeriesKey?

    package init(farm: NamePattern, cluster: NamePattern, node: NamePattern, parameter: NamePattern) {
        self.farm = farm
        self.cluster = cluster
        self.node = node
        self.parameter = parameter
        if let farm = farm.literal, let cluster = cluster.literal, let node = node.literal,
            let parameter = parameter.literal
        {
            self.exactKey = SeriesKey(farm: farm, cluster: cluster, node: node, parameter: parameter)
        } else {
            self.exactKey = nil
        }
    }

    package func matches(_ key: SeriesKey) -> Bool {
        // What rules out most comes first.
        self.parameter.matches(key.parameter) && self.cluster.matches(key.cluster) && self.node.matches(key.node)
            && self.farm.matches(key.farm)
    }
}
