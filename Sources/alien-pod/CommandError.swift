import ArgumentParser
import Foundation
import PoDCore

/// A failure of a command: one line for standard error, and the exit code.
struct CommandError: Error, CustomStringConvertible {
    let status: ExitStatus
    let description: String

    init(_ status: ExitStatus, _ description: String) {
        self.status = status
        self.description = description
    }

    /// Prints the line and gives the error that ends the program with the exit code.
    func reported() -> ExitCode {
        FileHandle.standardError.write(Data("alien-pod: \(self.description)\n".utf8))
        return ExitCode(self.status.rawValue)
    }
}
