/// A value that is not what its name asks for: one sentence that names the value, what was found and what was
/// expected.
///
/// Control characters and anything that is not ASCII are shown as `\u{…}`, and long text is cut, so that the message
/// is one line, whatever came from the network.
public struct ValueError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The name of the value, such as `MasterJobId` or `port`.
    public let name: String
    public let description: String

    public init(_ name: String, found: some StringProtocol, expected: String) {
        self.name = name
        self.description = "\(Self.printable(name)): expected \(expected), found \(Self.quoted(found))"
    }

    public init(_ name: String, _ problem: String) {
        self.name = name
        self.description = "\(Self.printable(name)): \(problem)"
    }

    /// A name as it is, unless it is one that came from elsewhere and is not fit for a line.
    public static func printable(_ name: String) -> String {
        name.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F } ? name : self.quoted(name)
    }

    /// At most 80 characters of `text` in quotation marks, fit for one line of a log or a terminal.
    public static func quoted(_ text: some StringProtocol) -> String {
        var result = "\""
        var count = 0
        for scalar in text.unicodeScalars {
            guard count < 80 else {
                return result + "…\""
            }
            if scalar == "\"" || scalar == "\\" || !scalar.isASCII || scalar.value < 0x20 || scalar.value == 0x7F {
                result += scalar.escaped(asASCII: true)
            } else {
                result.unicodeScalars.append(scalar)
            }
            count &+= 1
        }
        return result + "\""
    }
}
