/// Names one series: farm, cluster, node and parameter, none of them empty.
///
/// Two keys are the same when their bytes are: MonALISA knows nothing of Unicode's equivalent spellings.
package struct SeriesKey: Hashable, Sendable {
    package let farm: String
    package let cluster: String
    package let node: String
    package let parameter: String

    /// The longest name that is kept, in bytes of UTF-8. Ours; MonALISA has no limit but that of the datagram.
    package static let longestName = 1024

    /// - Returns: `nil` when a name is empty, for such a series is not kept, or longer than ``longestName``.
    package init?(farm: String, cluster: String, node: String, parameter: String) {
        for name in [farm, cluster, node, parameter] {
            guard !name.isEmpty, name.utf8.count <= Self.longestName else { return nil }
        }
        self.farm = farm
        self.cluster = cluster
        self.node = node
        self.parameter = parameter
    }

    /// The four names, in the order in which every answer gives them.
    package var names: [String] { [self.farm, self.cluster, self.node, self.parameter] }

    /// Bytes of all four names.
    var byteCount: Int {
        self.farm.utf8.count + self.cluster.utf8.count + self.node.utf8.count + self.parameter.utf8.count
    }

    package static func == (lhs: SeriesKey, rhs: SeriesKey) -> Bool {
        // What differs most often comes first.
        lhs.node.utf8.elementsEqual(rhs.node.utf8) && lhs.parameter.utf8.elementsEqual(rhs.parameter.utf8)
            && lhs.cluster.utf8.elementsEqual(rhs.cluster.utf8) && lhs.farm.utf8.elementsEqual(rhs.farm.utf8)
    }

    // Equal bytes are equal strings, so hashing the strings agrees with comparing the bytes.
    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.node)
        hasher.combine(self.parameter)
        hasher.combine(self.cluster)
        hasher.combine(self.farm)
    }
}
