import NIOCore
import NIOPosix
import PoDCore
import PoDRendezvous
import PoDTestKit
import Synchronization

/// What lies between a worker and its master: a network that can be cut, hold everything back, or be very slow.
final class Relay: Sendable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    enum Mode: Sendable {
        case passing
        /// Connections stay, and nothing comes through.
        case stalled
        /// A byte at a time.
        case slow
        /// Connections are closed, and so are new ones.
        case cut
    }

    private struct State {
        var mode = Mode.passing
        var open: [ObjectIdentifier: any Channel] = [:]
    }

    private let state = Mutex(State())
    private let master: Address

    var mode: Mode {
        get { self.state.withLock { $0.mode } }
        set {
            let closed = self.state.withLock { state in
                state.mode = newValue
                return newValue == .cut ? Array(state.open.values) : []
            }
            closed.forEach { $0.close(promise: nil) }
        }
    }

    private init(to master: Address) {
        self.master = master
    }

    /// Runs one for the time of `body`, which gets the server info that leads through it.
    static func with(_ server: ServerInfo, _ body: @Sendable (Relay, ServerInfo) async throws -> Void) async throws {
        let relay = Relay(to: server.address)
        let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .bind(host: "127.0.0.1", port: 0) { channel in
                channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
            }
        let port = listener.channel.localAddress?.port ?? 0
        let through = ServerInfo(
            masterJobID: server.masterJobID, address: try Address(host: "127.0.0.1", port: port),
            sessionProtocol: server.sessionProtocol, wanted: server.wanted, share: server.share, key: server.key,
            reportedAt: server.reportedAt, farm: server.farm)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withThrowingDiscardingTaskGroup { connections in
                    try await listener.executeThenClose { inbound in
                        for try await connection in inbound {
                            // One that breaks is what relays are for.
                            connections.addTask { try? await relay.serve(connection) }
                        }
                    }
                    connections.cancelAll()
                }
            }
            defer { group.cancelAll() }
            try await body(relay, through)
        }
    }

    private func serve(_ worker: Connection) async throws {
        try await worker.executeThenClose { fromWorker, toWorker in
            guard self.mode != .cut else { return }
            let master = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                .connect(host: self.master.host, port: Int(self.master.port)) { channel in
                    channel.eventLoop.makeCompletedFuture { try Connection(wrappingChannelSynchronously: channel) }
                }
            self.state.withLock { $0.open[ObjectIdentifier(worker.channel)] = worker.channel }
            defer { self.state.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(worker.channel)) } }
            try await master.executeThenClose { fromMaster, toMaster in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await self.pass(fromWorker, to: toMaster) }
                    group.addTask { try await self.pass(fromMaster, to: toWorker) }
                    defer { group.cancelAll() }
                    try await group.next()
                }
            }
        }
    }

    private func pass(
        _ inbound: NIOAsyncChannelInboundStream<ByteBuffer>, to outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    ) async throws {
        for try await buffer in inbound {
            while self.mode == .stalled {
                try await Task.sleep(for: .milliseconds(20))
            }
            var rest = buffer
            while rest.readableBytes > 0 {
                let size = self.mode == .slow ? 1 : rest.readableBytes
                guard let piece = rest.readSlice(length: size) else { break }
                try await outbound.write(piece)
            }
        }
    }
}
