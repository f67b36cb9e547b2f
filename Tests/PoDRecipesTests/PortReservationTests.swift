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
        // Given back: the same again.
        #expect(try PortReservation(from: port...port).port == port)
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
}
