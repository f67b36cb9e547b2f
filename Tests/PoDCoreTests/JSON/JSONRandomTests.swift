import PoDCore
import PoDTestKit
import Testing

/// Random documents, written in random spellings, and spoiled ones. The seed is in each message.
@Suite struct JSONRandomTests {
    @Test("reads any document however it is spelt", arguments: 0..<40)
    func spellings(_ seed: UInt64) throws {
        var spelling = JSONSpelling(seed: seed)
        for _ in 0..<50 {
            let value = spelling.value(depth: 4)
            let text = spelling.text(of: value)
            #expect(try JSONValue(parsing: Array(text.utf8)) == value, "seed \(seed): \(text)")
            #expect(try JSONValue(parsing: Array(value.text.utf8)) == value, "seed \(seed): \(value.text)")
        }
    }

    @Test("refuses each document that is cut off", arguments: 0..<20)
    func prefixes(_ seed: UInt64) {
        var spelling = JSONSpelling(seed: seed)
        let text = Array(spelling.text(of: .array([spelling.value(depth: 4)])).utf8)
        for end in 0..<text.count where !text[end...].allSatisfy({ $0 <= 0x20 }) {
            let error = #expect(throws: JSONError.self, "seed \(seed), \(end) bytes") {
                try JSONValue(parsing: Array(text[..<end]))
            }
            #expect(error.map { $0.offset >= 0 && $0.offset <= end } == true)
        }
    }

    @Test("reads a spoiled document or refuses it, and what it reads it writes", arguments: 0..<40)
    func spoiled(_ seed: UInt64) {
        var spelling = JSONSpelling(seed: seed)
        var refused = 0
        for _ in 0..<200 {
            var text = Array(spelling.text(of: spelling.value(depth: 4)).utf8)
            for _ in 0...spelling.below(3) {
                spelling.spoil(&text)
            }
            do throws(JSONError) {
                let value = try JSONValue(parsing: text)
                #expect((try? JSONValue(parsing: Array(value.text.utf8))) == value, "seed \(seed): \(value.text)")
            } catch {
                refused += 1
                #expect(error.offset >= 0 && error.offset <= text.count, "seed \(seed)")
            }
        }
        #expect(refused > 20)
    }
}

/// Makes values, and texts of them with blanks and escapes put in by chance.
private struct JSONSpelling {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        self.generator = SeededGenerator(seed: seed)
    }

    private mutating func next() -> UInt64 {
        self.generator.next()
    }

    mutating func below(_ bound: Int) -> Int {
        Int.random(in: 0..<bound, using: &self.generator)
    }

    mutating func value(depth: Int) -> JSONValue {
        switch self.below(depth > 0 ? 8 : 6) {
        case 0: return .null
        case 1: return .bool(self.below(2) == 0)
        case 2: return .integer(Int64(bitPattern: self.next()) >> Int64(self.below(64)))
        case 3:
            let number = Double(bitPattern: self.next())
            return .number(number.isFinite && number != number.rounded() ? number : 0.5)
        case 4, 5: return .string(self.string())
        case 6: return .array((0..<self.below(5)).map { _ in self.value(depth: depth - 1) })
        default:
            return .object(
                (0..<self.below(5)).map { .init(name: "\($0)\(self.string())", value: self.value(depth: depth - 1)) })
        }
    }

    private mutating func string() -> String {
        let scalars: [Unicode.Scalar] = [
            "a", "Z", "0", "\"", "\\", "/", "\n", "\u{0}", "\u{7F}", "é", "日", "😀", "\u{FFFF}",
        ]
        var string = ""
        for _ in 0..<self.below(20) {
            string.unicodeScalars.append(scalars[self.below(scalars.count)])
        }
        return string
    }

    mutating func text(of value: JSONValue) -> String {
        let text: String
        switch value {
        case .string(let string): text = self.spelt(string)
        case .array(let elements):
            text = "[" + elements.map { self.text(of: $0) }.joined(separator: ",") + self.blanks() + "]"
        case .object(let members):
            let texts = members.map {
                "\(self.blanks())\(self.spelt($0.name))\(self.blanks()):\(self.text(of: $0.value))"
            }
            text = "{" + texts.joined(separator: ",") + self.blanks() + "}"
        case .null, .bool, .integer, .number: text = value.text
        }
        return self.blanks() + text + self.blanks()
    }

    private mutating func blanks() -> String {
        String((0..<max(0, self.below(6) - 3)).map { _ in [" ", "\t", "\n", "\r"][self.below(4)] }.joined())
    }

    private mutating func spelt(_ string: String) -> String {
        var text = "\""
        for scalar in string.unicodeScalars {
            let short: [Unicode.Scalar: String] = ["\"": "\\\"", "\\": "\\\\", "/": "\\/", "\n": "\\n"]
            let mustEscape = scalar.value < 0x20 || scalar == "\"" || scalar == "\\"
            if !mustEscape, self.below(3) > 0 {
                text.unicodeScalars.append(scalar)
            } else if let short = short[scalar], self.below(2) == 0 {
                text += short
            } else {
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16, uppercase: self.below(2) == 0)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                }
            }
        }
        return text + "\""
    }

    mutating func spoil(_ text: inout [UInt8]) {
        let place = self.below(text.count + 1)
        let marks = Array("{}[]\",:\\u0-.eE \u{1}".utf8) + [0xFF, 0xC3, 0x80]
        switch self.below(4) {
        case 0 where place < text.count: text.remove(at: place)
        case 1 where place < text.count: text[place] = marks[self.below(marks.count)]
        case 2 where place < text.count: text[place] ^= 1 << UInt8(self.below(8))
        default: text.insert(marks[self.below(marks.count)], at: place)
        }
    }
}
