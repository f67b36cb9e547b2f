import Foundation
import PoDTestKit
import Testing

/// A trap ends the Perl process that the library is a guest in, so each that the compiler has made is accounted for.
@Suite(.timeLimit(.minutes(10))) struct TrapTests {
    private struct Allowance {
        /// `nil` for any number.
        let most: Int?
        /// A whole name, or with `*` at its end what a name begins with.
        let function: String

        func isFor(_ function: String) -> Bool {
            self.function.hasSuffix("*")
                ? function.hasPrefix(self.function.dropLast()) : function == self.function
        }
    }

    /// `most | function | why`, one a line.
    private static func allowances() throws -> [Allowance] {
        var allowances: [Allowance] = []
        for line in try Library.fixtures.text(of: "trap-allow-list.txt").split(separator: "\n")
        where !line.hasPrefix("#") {
            let parts = line.split(separator: " | ", maxSplits: 2).map(String.init)
            guard parts.count == 3, parts[0] == "*" || Int(parts[0]) != nil, !parts[2].isEmpty else {
                throw TestKitError("trap-allow-list.txt: expected most | function | why, found \(line)")
            }
            guard !allowances.contains(where: { $0.function == parts[1] }) else {
                throw TestKitError("trap-allow-list.txt: \(parts[1]) stands twice")
            }
            allowances.append(Allowance(most: Int(parts[0]), function: parts[1]))
        }
        return allowances
    }

    /// How many traps there are in each function, its closures and all its specialisations together.
    private static func traps() async throws -> [String: Int] {
        let script = """
            set -o pipefail
            objdump -d --no-show-raw-insn "$1" | awk -f "$2" | swift demangle --compact --simplified
            """
        let awk = Library.fixtures.url.appendingPathComponent("traps.awk").path
        var traps: [String: Int] = [:]
        for line in try await Library.lines(of: "bash", ["-c", script, "bash", Library.file, awk]) {
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let count = Int(parts[0]) else {
                throw TestKitError("traps.awk: expected a number and a function, found \(line)")
            }
            let name = parts[1].replacing(
                /^(?:(?:specialized|merged|partial apply for|closure #\d+ in|static) )+/, with: "")
            traps[String(name), default: 0] += count
        }
        return traps
    }

    @Test func everyTrapIsKnown() async throws {
        let allowances = try Self.allowances()
        let traps = try await Self.traps()
        #expect(traps.count > 10, "the disassembly was read")
        for (function, count) in traps.sorted(by: { $0.key < $1.key }) {
            guard let allowance = allowances.first(where: { $0.isFor(function) }) else {
                Issue.record("\(function): \(count) traps, of which trap-allow-list.txt says nothing")
                continue
            }
            #expect(count <= allowance.most ?? count, "\(function)")
        }
    }

    /// Traps within the standard library, which the disassembly does not show where they are called.
    @Test(arguments: [
        #"\bfatalError\(|\bprecondition(?:Failure)?\(|\bassert(?:ionFailure)?\("#,
        #"\btry!|\bas!"#,
        #"\.index\([^)]*offsetBy:"#,
        #"Duration\.seconds\([^)]*\bDouble\b|\.seconds\(Double"#,
        #"\buniqueKeysWithValues\b"#,
        #"\bunsafeBitCast\b|\bunowned\b"#,
    ])
    func sourcesHaveNone(of pattern: String) throws {
        let regex = try Regex(pattern)
        var count = 0
        for target in ["AlienPoDLibrary", "ApMon", "MonALISARepository", "PoDCore", "PoDRendezvous", "PoDTickets"] {
            let folder = Library.root.appendingPathComponent("Sources/\(target)")
            for case let file as URL in FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)
                ?? .init()
            where file.pathExtension == "swift" {
                count += 1
                let text = try String(contentsOf: file, encoding: .utf8)
                for line in text.split(separator: "\n") where !line.drop(while: \.isWhitespace).hasPrefix("//") {
                    #expect(line.firstMatch(of: regex) == nil, "\(file.lastPathComponent)")
                }
            }
        }
        #expect(count > 40, "the sources were read")
    }
}
