import Foundation

/// Whether a process runs. One that has ended does not, even before its parent has waited for it: whoever inherits a dead
/// daemon's children, such as the first process of a container, may take its time.
public func isAlive(_ processID: Int32) -> Bool {
    // The state comes after the program's name, which may hold anything (proc_pid_stat(5)).
    guard let line = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8),
        let state = line.split(separator: ")").last?.split(separator: " ").first
    else {
        return false
    }
    return state != "Z" && state != "X"
}
