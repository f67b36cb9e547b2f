import PoDCore

/// The rows of a repository's answer, in whichever format it came.
///
/// A row that can't be read is skipped with a reason, and never hides the others. The texts stay where they are in the
/// body: an answer may hold ten thousand masters, of which one will be chosen.
public struct RepositoryAnswer: Sendable {
    public internal(set) var rows: [RepositoryRow] = []
    public internal(set) var skipped: [SkippedRow] = []
    /// The server's clock, in milliseconds since 1970; `nil` where it did not tell.
    public let serverTime: Int64?

    let body: [UInt8]
    /// Texts that had escapes.
    var unescaped: [UInt8] = []

    /// Rows told as skipped; beyond that they are only counted.
    static let mostSkippedRows = 1000
    /// How many were skipped in all.
    public internal(set) var skippedCount = 0

    /// Reads an answer.
    ///
    /// - Throws: ``RepositoryError`` for a body that is not one of the service's formats, or that is cut off.
    public init(_ answer: HTTPAnswer) throws(RepositoryError) {
        self.body = answer.body
        self.serverTime = answer.date.map { $0 &* 1000 }
        do throws(FormatProblem) {
            switch try Self.format(of: answer) {
            case .json: try self.readJSON()
            case .plain: self.readPlain()
            case .csv: try self.readCSV()
            case .xml: try self.readXML()
            }
        } catch {
            throw RepositoryError(.data, "\(answer.url): \(error.text)")
        }
    }

    // MARK: - Texts

    public func farm(of row: RepositoryRow) -> String { self.text(row.farm) }
    public func cluster(of row: RepositoryRow) -> String { self.text(row.cluster) }
    public func node(of row: RepositoryRow) -> String { self.text(row.node) }
    public func parameter(of row: RepositoryRow) -> String { self.text(row.parameter) }
    public func value(of row: RepositoryRow) -> String { self.text(row.value) }

    func text(_ field: RepositoryRow.Field) -> String {
        self.withBytes(field) { bytes in bytes.withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) } }
    }

    func withBytes<Value, Failure: Error>(
        _ field: RepositoryRow.Field, _ body: (Span<UInt8>) throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let all = field.isUnescaped ? self.unescaped.span : self.body.span
        return try body(all.extracting(droppingFirst: Int(field.start)).extracting(first: field.count))
    }

    // MARK: - For the readers

    /// What keeps a body from being read at all.
    struct FormatProblem: Error {
        let text: String
    }

    mutating func skip(_ number: Int, _ reason: String) {
        self.skippedCount &+= 1
        if self.skipped.count < Self.mostSkippedRows {
            self.skipped.append(SkippedRow(number: number, reason: reason))
        }
    }

    func field(_ start: Int, _ count: Int) -> RepositoryRow.Field {
        RepositoryRow.Field(start: start, count: count, isUnescaped: false)
    }

    /// Keeps a text of its own.
    mutating func field(unescaping append: (inout [UInt8]) -> Void) -> RepositoryRow.Field {
        let start = self.unescaped.count
        append(&self.unescaped)
        return RepositoryRow.Field(start: start, count: self.unescaped.count &- start, isUnescaped: true)
    }

    /// Adds a row, or skips it.
    mutating func add(_ number: Int, _ fields: RowFields) {
        if let problem = fields.problem {
            return self.skip(number, problem)
        }
        guard let farm = fields.farm, let cluster = fields.cluster, let node = fields.node,
            let parameter = fields.parameter, let value = fields.value, let timestamp = fields.timestamp
        else {
            return self.skip(number, "expected Farm, Cluster, Node, Parameter, Value and Timestamp")
        }
        guard farm.count > 0, cluster.count > 0, node.count > 0, parameter.count > 0 else {
            return self.skip(number, "an empty name")
        }
        guard let milliseconds = self.withBytes(timestamp, Self.milliseconds) else {
            let found = ValueError.quoted(self.text(timestamp))
            return self.skip(number, "Timestamp: expected milliseconds since 1970, found \(found)")
        }
        self.rows.append(
            RepositoryRow(
                farm: farm, cluster: cluster, node: node, parameter: parameter, value: value, timestamp: milliseconds,
                number: number))
    }

    private static func milliseconds(_ digits: Span<UInt8>) -> Int64? {
        guard digits.count > 0, digits.count <= 18 else { return nil }
        var number: Int64 = 0
        for index in digits.indices {
            let digit = Int64(digits[index]) &- 0x30
            guard digit >= 0, digit <= 9 else { return nil }
            number = number &* 10 &+ digit
        }
        return number
    }
}
