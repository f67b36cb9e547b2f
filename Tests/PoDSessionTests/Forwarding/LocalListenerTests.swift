import NIOCore
import NIOPosix
import PoDCore
import PoDSession
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(5))) struct LocalListenerTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    @Test(
        "connections of which it is not known yet whose they are have a limit; those that are known make room",
        arguments: [(1, 3), (0, 0)])
    func mostUnknown(mostUnknown: Int, taken: Int) async throws {
        let connections = Mutex(0)
        let listener = try await LocalListener(
            host: "127.0.0.1", port: 0, ownUserOnly: true, mostUnknown: mostUnknown, group: Self.group
        ) { _, _ in connections.withLock { $0 += 1 } }
        defer { listener.close() }
        for _ in 1...3 {
            let channel = try await ClientBootstrap(group: Self.group)
                .connect(host: listener.address.host, port: Int(listener.address.port)).get()
            // Nobody keeps the socket, so it is closed in either case.
            try await channel.closeFuture.get()
        }
        #expect(connections.withLock { $0 } == taken)
    }
}
