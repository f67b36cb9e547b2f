/// Things worth telling in a log, until somebody takes them. Bounded: a host that never asks must not pay for it.
public struct Reports: Sendable {
    static let most = 100

    private var texts: [String] = []
    private var leftOut = 0

    public init() {}

    package mutating func add(_ text: String) {
        if self.texts.count < Self.most {
            self.texts.append(text)
        } else {
            self.leftOut &+= 1
        }
    }

    /// The oldest; `nil` when there is none.
    public mutating func next() -> String? {
        if !self.texts.isEmpty {
            return self.texts.removeFirst()
        }
        guard self.leftOut > 0 else { return nil }
        defer { self.leftOut = 0 }
        return "\(self.leftOut) more reports were left out"
    }
}
