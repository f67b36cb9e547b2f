import Glibc
import PoDCore
import PoDTestKit
import Testing

/// The grammar of IP addresses against the C library's, over strings made to be nearly right.
@Suite struct HostGrammarTests {
    @Test func readsIPv6AsInetPtonDoes() {
        var generator = SeededGenerator(seed: 6)
        var valid = 0
        for _ in 0..<20_000 {
            let text = Self.nearlyIPv6(&generator)
            let expected = Self.isAddress(text, family: AF_INET6)
            valid += expected ? 1 : 0
            let bracketed = (try? Address(host: "[\(text)]", port: 80)) != nil
            let parsed = (try? Address(parsing: "[\(text)]:80"))?.host == text
            if bracketed != expected || parsed != expected {
                Issue.record("\(text): inet_pton says \(expected)")
            }
            if text.contains(":"), ((try? Address(host: text, port: 80)) != nil) != expected {
                Issue.record("\(text) without brackets: inet_pton says \(expected)")
            }
        }
        // The strings must try both answers.
        #expect(valid > 2000 && valid < 18_000)
    }

    @Test func readsIPv4AsInetPtonDoes() {
        var generator = SeededGenerator(seed: 4)
        var valid = 0
        for _ in 0..<20_000 {
            let text = Self.nearlyIPv4(&generator)
            let expected = Self.isAddress(text, family: AF_INET)
            valid += expected ? 1 : 0
            if ((try? Address(host: text, port: 80)) != nil) != expected {
                Issue.record("\(text): inet_pton says \(expected)")
            }
        }
        #expect(valid > 2000 && valid < 18_000)
    }

    /// What the C library would read as a number is no name: `getaddrinfo` takes all forms of `inet_aton`.
    @Test func takesNoNumberForAName() {
        var generator = SeededGenerator(seed: 5)
        let parts = ["0", "1", "017", "0x1", "0XfF", "0x", "255", "4294967295", "a", "0xg"]
        for _ in 0..<20_000 {
            let count = Int.random(in: 1...5, using: &generator)
            let text = (0..<count).map { _ in parts.randomElement(using: &generator) ?? "" }.joined(separator: ".")
            var address = in_addr()
            let isNumber = inet_aton(text, &address) != 0
            if isNumber, !Self.isAddress(text, family: AF_INET), (try? Address(host: text, port: 80)) != nil {
                Issue.record("\(text) is an address to inet_aton")
            }
        }
    }

    /// Names as RFC 1123 section 2.1 has them, said again as a regular expression.
    @Test func readsNamesAsTheStandardHasThem() throws {
        let label = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
        let name = try Regex("(?:\(label)\\.)*\(label)")
        var generator = SeededGenerator(seed: 53)
        let characters = Array("ab19Z-._ ")
        for _ in 0..<20_000 {
            var text = String(
                (0..<Int.random(in: 1...12, using: &generator)).map { _ in
                    characters[Int.random(in: 0..<characters.count, using: &generator)]
                })
            if Int.random(in: 0..<8, using: &generator) == 0 {
                text += String(repeating: "b", count: Int.random(in: 48...64, using: &generator))
            }
            // Numbers at the end are the business of the other tests.
            text += "z"
            let expected = text.wholeMatch(of: name) != nil
            if ((try? Address(host: text, port: 80)) != nil) != expected {
                Issue.record("\(text): expected \(expected)")
            }
        }
    }

    private static func isAddress(_ text: String, family: Int32) -> Bool {
        var address = in6_addr()
        return inet_pton(family, text, &address) == 1
    }

    private static func nearlyIPv6(_ generator: inout SeededGenerator) -> String {
        var groups = (0..<Int.random(in: 1...9, using: &generator)).map { _ in
            String(UInt32.random(in: 0...0xFFFF, using: &generator), radix: 16, uppercase: .random(using: &generator))
        }
        if Int.random(in: 0..<3, using: &generator) == 0 {
            groups[groups.count - 1] = Self.nearlyIPv4(&generator)
        }
        var text = groups.joined(separator: ":")
        if Int.random(in: 0..<4, using: &generator) > 0 {
            // Often a shortened form: a run of groups becomes a double colon.
            let from = Int.random(in: 0...groups.count, using: &generator)
            let to = Int.random(in: from...groups.count, using: &generator)
            text = groups[..<from].joined(separator: ":") + "::" + groups[to...].joined(separator: ":")
        }
        return Self.spoilt(text, with: "0f:.g", &generator)
    }

    private static func nearlyIPv4(_ generator: inout SeededGenerator) -> String {
        let count = Int.random(in: 0..<10, using: &generator) == 0 ? Int.random(in: 1...5, using: &generator) : 4
        let octets = (0..<count).map { _ in
            String(Int.random(in: 0...(Bool.random(using: &generator) ? 255 : 280), using: &generator))
        }
        return Self.spoilt(octets.joined(separator: "."), with: "0123456789.", &generator)
    }

    /// One text in three gets a character more, less or changed.
    private static func spoilt(_ text: String, with characters: String, _ generator: inout SeededGenerator) -> String {
        var text = Array(text)
        guard let character = characters.randomElement(using: &generator) else { return "" }
        let index = Int.random(in: 0...text.count, using: &generator)
        switch Int.random(in: 0..<9, using: &generator) {
        case 0: text.insert(character, at: index)
        case 1 where index < text.count: text.remove(at: index)
        case 2 where index < text.count: text[index] = character
        default: break
        }
        return String(text)
    }
}
