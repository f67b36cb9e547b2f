/// What a series holds: a number or a text.
package enum SeriesValue: Hashable, Sendable {
    case number(Double)
    case string(String)

    /// The value as every format shows it.
    package var text: String {
        switch self {
        case .number(let number): NumberText.text(of: number)
        case .string(let string): string
        }
    }

    /// Bytes of memory beyond the fixed part.
    var byteCount: Int {
        switch self {
        case .number: 0
        case .string(let string): string.utf8.count
        }
    }
}

/// A value of a series at a time.
package struct SeriesSample: Hashable, Sendable {
    package let key: SeriesKey
    package let value: SeriesValue
    /// Milliseconds since 1970.
    package let time: Int64

    package init(key: SeriesKey, value: SeriesValue, time: Int64) {
        self.key = key
        self.value = value
        self.time = time
    }
}
