import Foundation
import Logging
import NIOCore
import NIOPosix
import PoDCore
import PoDSession
import PoDTickets

/// The two ends of forwarding as processes of their own, for Benchmarks/forwarding: a master with one forwarded port, and
/// a worker that dials back. Their keys come from fixed seeds.
@main enum ForwardingPeer {
    private static let lease = LeaseID(epoch: 1, number: 1)
    private static let group = MultiThreadedEventLoopGroup.singleton

    static func main() async throws {
        let words = CommandLine.arguments.dropFirst()
        let session = try ChannelIdentity(try SigningKey(seed: Array(repeating: 1, count: 32)))
        let worker = try ChannelIdentity(try SigningKey(seed: Array(repeating: 2, count: 32)))
        switch words.first {
        case "master":
            try await self.master(session, worker)
        case "worker" where words.count == 3:
            let addresses = try words.dropFirst().map { try Address(parsing: $0) }
            try await self.worker(session, worker, master: addresses[0], daemon: addresses[1])
        default:
            print("Usage: forwarding-peer master | forwarding-peer worker MASTER DAEMON")
        }
    }

    /// Prints the address of the control port, and that of the forwarded port once the worker is there.
    private static func master(_ session: ChannelIdentity, _ worker: ChannelIdentity) async throws {
        let streams = ForwardedStreams()
        let control = ControlPort(
            session: session.thumbprint, tls: try ChannelTLS(session, role: .master), streams: streams,
            head: HeadConnection { _ in nil }, newcomers: Newcomers(limits: NewcomerQueue.Limits()),
            log: Logger(label: "forwarding-peer"))
        let (workers, continuation) = AsyncStream.makeStream(of: (any Channel).self)
        let server = try await ServerBootstrap(group: self.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    _ = try control.open(channel) { channel, _, _ in continuation.yield(channel) }
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        self.say("127.0.0.1:\(server.localAddress?.port ?? 0)")
        for await channel in workers {
            let port = try await ForwardedPort(
                for: self.lease, of: worker.thumbprint, streams: streams, group: self.group
            ) { secret in
                channel.writeAndFlush(ByteBuffer(string: "\(secret)\n"), promise: nil)
            }
            self.say(port.address.description)
        }
    }

    /// Unbuffered: somebody waits for the line at the other end of a pipe.
    private static func say(_ line: String) {
        FileHandle.standardOutput.write(Data("\(line)\n".utf8))
    }

    private static func worker(
        _ session: ChannelIdentity, _ worker: ChannelIdentity, master: Address, daemon: Address
    ) async throws {
        let tls = try ChannelTLS(worker, role: .peer)
        let dialBack = try DialBack(
            master: master, tls: tls, pinning: session.thumbprint, daemon: daemon, group: self.group)
        let channel = try await ClientBootstrap(group: self.group)
            .connect(host: master.host, port: Int(master.port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        try tls.peerHandler(pinning: session.thumbprint))
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "{\"type\":\"hello\"}\n"))
            var text = ""
            for try await buffer in inbound {
                text += String(buffer: buffer)
                while let end = text.firstIndex(of: "\n") {
                    let secret = try StreamSecret(parsing: text[..<end])
                    text = String(text[text.index(after: end)...])
                    Task { try await dialBack.dial(secret) }
                }
            }
        }
    }
}
