import Foundation
import PoDCore
import PoDRecipes
import PoDTestKit
import Testing

@Suite(.timeLimit(.minutes(10))) struct PortReservationTests {
    @Test("those who look at once are given different ports")
    func together() async throws {
        let ports = try await withThrowingTaskGroup(of: [UInt16].self) { group in
            for number in 0..<8 as Range<UInt16> {
                group.addTask {
                    let start = 24000 + number % 2 * 500
                    let first = try PortReservation(from: 24000...24999, startingAt: start)
                    let second = try PortReservation(from: 24000...24999, startingAt: start)
                    // Held until all have theirs.
                    try await Task.sleep(for: .milliseconds(200))
                    return [first.port, second.port]
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(ports.count == 16)
        #expect(Set(ports).count == 16)
    }

    @Test("a port that somebody listens on is passed over, and one given back is free again")
    func taken() async throws {
        let port = try PortReservation(from: 25000...25999).port
        // Given back: the same again, once no child that is just being started has a copy of its mark.
        try await eventually("it is free again") { (try? PortReservation(from: port...port)) != nil }
        let script =
            "import socket; s = socket.create_server(('127.0.0.1', \(port))); print('listening', flush=True); input()"
        try await ChildProcess.run("/bin/sh", arguments: ["-c", "sleep 60 | python3 -c \"\(script)\""]) { child in
            let line = try await child.nextLine()
            #expect(line == "listening")
            let error = #expect(throws: RecipeError.self) {
                _ = try PortReservation(from: port...port).port
            }
            #expect(error?.description == "no free port from \(port) to \(port)")
        }
    }

    @Test("a port that was found free can be listened on, though children are started at the same moment")
    func meanwhile() throws {
        // A child has copies of all descriptors until it becomes another program.
        let starter = ChildStarter()
        starter.start()
        defer { starter.cancel() }
        let refused = try (0..<5000).count { _ in
            let reservation = try PortReservation(from: 25000...25999)
            return !FreePort.canListen(reservation.port)
        }
        #expect(refused == 0)
    }

    /// Starts one child after another until it is cancelled.
    private final class ChildStarter: Thread {
        override func main() {
            while !self.isCancelled {
                var child: pid_t = 0
                var arguments = [strdup("true"), nil]
                defer { free(arguments[0]) }
                guard posix_spawnp(&child, "true", nil, nil, &arguments, nil) == 0 else { return }
                waitpid(child, nil, 0)
            }
        }
    }
}
