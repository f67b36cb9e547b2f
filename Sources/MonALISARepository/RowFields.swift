import Glibc

/// The fields of one row, as far as they are read.
struct RowFields {
    /// A column, by the name that the service gives it.
    enum Column: CaseIterable {
        case farm, cluster, node, parameter, value, timestamp

        /// - Returns: `nil` for a name that is none of them.
        init?(_ name: UnsafeRawBufferPointer) {
            // Their lengths differ, but those of Farm and Node.
            switch name.count {
            case 4 where isEqual(name, "Farm"): self = .farm
            case 4 where isEqual(name, "Node"): self = .node
            case 5 where isEqual(name, "Value"): self = .value
            case 7 where isEqual(name, "Cluster"): self = .cluster
            case 9 where isEqual(name, "Parameter"): self = .parameter
            case 9 where isEqual(name, "Timestamp"): self = .timestamp
            default: return nil
            }
        }
    }

    var farm: RepositoryRow.Field?
    var cluster: RepositoryRow.Field?
    var node: RepositoryRow.Field?
    var parameter: RepositoryRow.Field?
    var value: RepositoryRow.Field?
    var timestamp: RepositoryRow.Field?
    /// The first thing that is wrong with the row, unless fields are missing.
    var problem: String?

    /// Takes a field; a second one of the same column makes the row a bad one, for readers differ in which counts.
    mutating func take(_ field: RepositoryRow.Field, as column: Column) {
        let previous: RepositoryRow.Field?
        switch column {
        case .farm: (previous, self.farm) = (self.farm, field)
        case .cluster: (previous, self.cluster) = (self.cluster, field)
        case .node: (previous, self.node) = (self.node, field)
        case .parameter: (previous, self.parameter) = (self.parameter, field)
        case .value: (previous, self.value) = (self.value, field)
        case .timestamp: (previous, self.timestamp) = (self.timestamp, field)
        }
        if previous != nil {
            self.problem = self.problem ?? "a field stands twice"
        }
    }
}

/// Whether bytes are those of `text`.
func isEqual(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard let start = bytes.baseAddress, text.hasPointerRepresentation else { return false }
    return bytes.count == text.utf8CodeUnitCount && memcmp(start, text.utf8Start, bytes.count) == 0
}
