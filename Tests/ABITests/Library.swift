import Foundation
import PoDTestKit

/// The built library, and the tools that look into it.
///
/// The tests take the file as it is shipped: to link it would bring its linker flags into the test program.
enum Library {
    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    static let fixtures = FixtureDirectory(
        at: URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures"))

    static let home = ProcessInfo.processInfo.environment["ALIEN_POD_HOME"] ?? root.path
    static let directory = "\(home)/.build/release"
    static let file = "\(directory)/libAlienPoD.so"
    static let headers = root.appendingPathComponent("Sources/CAlienPoD/include").path
    static let header = "\(headers)/alien_pod.h"

    /// The lines that a program prints.
    ///
    /// - Throws: ``TestKitError`` unless it ends with exit code 0.
    static func lines(
        of program: String, _ arguments: [String], within limit: Duration = .patience
    ) async throws -> [String] {
        try await ChildProcess.run(program, arguments: arguments) { child in
            var lines: [String] = []
            while let line = try await child.nextLine(within: limit) {
                lines.append(line)
            }
            let ending = try await child.ending(within: limit)
            guard ending == .exited(code: 0) else {
                throw TestKitError(
                    "\(program) \(arguments.joined(separator: " ")): \(ending)\n"
                        + (lines + [child.errorText]).joined(separator: "\n"))
            }
            return lines
        }
    }
}
