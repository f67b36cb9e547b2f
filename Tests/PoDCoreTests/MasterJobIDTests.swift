import PoDCore
import PoDTestKit
import Testing

@Suite struct MasterJobIDTests {
    @Test(arguments: [
        ("1", 1), ("7", 7), ("10", 10), ("2100000123", 2_100_000_123),
        ("9223372036854775807", Int64.max), ("9223372036854775799", Int64.max - 8),
    ])
    func readsDecimalNumbers(_ text: String, _ number: Int64) throws {
        let id = try MasterJobID(parsing: text)
        #expect(id.number == number)
        #expect(id.description == text)
        #expect(id == MasterJobID(number: number))
    }

    @Test(arguments: [
        "", "0", "00", "01", "007", "-1", "+1", " 1", "1 ", "1\n", "\n", "1.0", "1e3", "0x10", "12abc", "abc", "1_000",
        "1,000", "1\0", "\0", "1\0abc", "9223372036854775808", "9999999999999999999", "18446744073709551615",
        "18446744073709551617", "10000000000000000000", "99999999999999999999", "1\u{FF}", "ÿ", "١", "１", "2³", "inf",
        "nan", "1/1", "1:", String(repeating: "9", count: 100_000),
    ])
    func refusesWhatIsNone(_ text: String) {
        let error = #expect(throws: ValueError.self) { try MasterJobID(parsing: text) }
        #expect(error?.name == "MasterJobId")
        #expect(error?.description.contains("a whole number from 1 to 9223372036854775807") == true)
        #expect(error?.description.utf8.count ?? .max < 1000)
    }

    /// A node name is bytes: Latin-1 and torn UTF-8 come from Perl and from the network.
    @Test(arguments: [[0x31, 0xE9], [0xFF], [0x31, 0xC3], [0x31, 0x80], [0x2F], [0x3A], [0xB1]] as [[UInt8]])
    func refusesBytesThatAreNoText(_ bytes: [UInt8]) {
        #expect(throws: ValueError.self) { try MasterJobID(parsing: bytes.span) }
    }

    @Test func agreesWithTheStandardLibrary() {
        var generator = SeededGenerator(seed: 1)
        let characters = Array("0123456789+- e.\0")
        for _ in 0..<20_000 {
            let digits = Bool.random(using: &generator)
            let text = String(
                (0..<Int.random(in: 0...21, using: &generator)).map { _ in
                    characters[Int.random(in: 0..<(digits ? 10 : characters.count), using: &generator)]
                })
            let expected = Int64(text).flatMap { String($0) == text && $0 > 0 ? $0 : nil }
            if (try? MasterJobID(parsing: text))?.number != expected {
                Issue.record("\(text.debugDescription)")
            }
        }
    }

    @Test func hasNoNumberBelowOne() {
        #expect(MasterJobID(number: 0) == nil)
        #expect(MasterJobID(number: -1) == nil)
        #expect(MasterJobID(number: .min) == nil)
    }

    @Test func ordersByNumber() throws {
        #expect(try MasterJobID(parsing: "9") < MasterJobID(parsing: "10"))
        #expect(try !(MasterJobID(parsing: "10") < MasterJobID(parsing: "10")))
    }
}
