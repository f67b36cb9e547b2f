import Foundation
import Logging
import ServiceLifecycle

/// Where commands write: results to standard output, everything else to standard error.
enum CommandLog {
    /// A logger of plain lines on standard error.
    static func logger(_ label: String) -> Logger {
        Logger(label: label) { PlainLogHandler(label: $0) }
    }

    /// For libraries that tell more than a user wants to know.
    static let quiet = Logger(label: "quiet") { _ in SwiftLogNoOpLogHandler() }

    /// A line on standard output, at once: others read it while we run.
    static func printLine(_ line: String) {
        FileHandle.standardOutput.write(Data((line + "\n").utf8))
    }

    /// Lines on standard output, as they are.
    static func printText(_ text: String) {
        FileHandle.standardOutput.write(Data(text.utf8))
    }

    /// What goes on, for the user, on standard error.
    static func tell(_ line: String) {
        FileHandle.standardError.write(Data("\(line)\n".utf8))
    }

    /// What went wrong, for the user, on standard error.
    static func complain(_ text: String) {
        FileHandle.standardError.write(Data("alien-pod: \(text)\n".utf8))
    }

    /// A service group wraps what a service throws.
    static func unwrappingServiceError(_ body: () async throws -> Void) async throws {
        do {
            try await body()
        } catch let error as ServiceGroupError where error.errorCode == .serviceFinishedUnexpectedly {
            return
        }
    }
}

/// `HH:MM:SS label: message`, a line each, in UTC as grid logs are.
private struct PlainLogHandler: LogHandler {
    let label: String
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        var message = "\(event.message)"
        if message.utf8.contains(UInt8(ascii: "\n")) {
            message = message.replacingOccurrences(of: "\n", with: " ")
        }
        FileHandle.standardError.write(Data("\(Self.timeOfDay) \(self.label): \(message)\n".utf8))
    }

    /// Without Foundation's formats: a master with thousands of workers writes thousands of lines.
    private static var timeOfDay: String {
        let seconds = Int(Date().timeIntervalSince1970) % 86400
        return [seconds / 3600, seconds / 60 % 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
            .joined(separator: ":")
    }
}
