import Foundation
import NIOCore
import NIOPosix
import NIOSSL
import PoDSession
import PoDTestKit
import PoDTickets
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(10))) struct ChannelTLSTests {
    private static let group = MultiThreadedEventLoopGroup.singleton

    /// A master that answers each byte with the same, once the handshake is over.
    private static func master(
        _ identity: ChannelIdentity, onPeer: @escaping @Sendable (KeyThumbprint) -> Void = { _ in }
    ) async throws -> any Channel {
        let tls = try ChannelTLS(identity, role: .master)
        return try await ServerBootstrap(group: self.group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers(tls.masterHandler(onPeer: onPeer), Echo())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
    }

    /// Sends a byte and waits for it to come back.
    private static func call(_ master: any Channel, with handler: @escaping @Sendable () throws -> NIOSSLClientHandler)
        async throws
    {
        let channel = try await ClientBootstrap(group: self.group)
            .connect(to: try #require(master.localAddress)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(try handler())
                    return try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
                }
            }
        try await channel.executeThenClose { inbound, outbound in
            try await outbound.write(ByteBuffer(string: "x"))
            for try await answer in inbound where answer == ByteBuffer(string: "x") {
                return
            }
            throw ChannelError.eof
        }
    }

    @Test("each end learns the other's key")
    func mutual() async throws {
        let identity = try ChannelIdentity.ephemeral()
        let peer = try ChannelIdentity.ephemeral()
        let seen = Mutex<KeyThumbprint?>(nil)
        let master = try await Self.master(identity) { key in seen.withLock { $0 = key } }
        let tls = try ChannelTLS(peer, role: .peer)
        try await Self.call(master) { try tls.peerHandler(pinning: identity.thumbprint) }
        #expect(seen.withLock { $0 } == peer.thumbprint)
        try await master.close()
    }

    @Test("a master with another key is not talked to")
    func wrongMaster() async throws {
        let master = try await Self.master(try ChannelIdentity.ephemeral())
        let tls = try ChannelTLS(try ChannelIdentity.ephemeral(), role: .peer)
        let expected = try ChannelIdentity.ephemeral().thumbprint
        await #expect(throws: (any Error).self) {
            try await Self.call(master) { try tls.peerHandler(pinning: expected) }
        }
        try await master.close()
    }

    @Test("who shows no certificate is not heard")
    func noCertificate() async throws {
        let master = try await Self.master(try ChannelIdentity.ephemeral())
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.verifySignatureAlgorithms = [.ed25519]
        let context = try NIOSSLContext(configuration: configuration)
        await #expect(throws: (any Error).self) {
            try await Self.call(master) { try NIOSSLClientHandler(context: context, serverHostname: nil) }
        }
        try await master.close()
    }

    @Test("TLS before 1.3 is not spoken", arguments: [("-tls1_3", true), ("-tls1_2", false)])
    func olderTLS(version: String, isSpoken: Bool) async throws {
        let master = try await Self.master(try ChannelIdentity.ephemeral())
        let port = try #require(master.localAddress?.port)
        try await TemporaryDirectory.with { directory in
            let script = """
                openssl req -x509 -newkey ed25519 -nodes -subj /CN=x -keyout key.pem -out certificate.pem 2>/dev/null &&
                openssl s_client -connect 127.0.0.1:\(port) \(version) -cert certificate.pem -key key.pem </dev/null
                """
            try await ChildProcess.run("sh", arguments: ["-c", script], directory: directory.path) { child in
                while try await child.nextLine() != nil {}
                let isDone = try await child.ending() == .exited(code: 0)
                #expect(isDone == isSpoken, "\(child.errorText)")
            }
        }
        try await master.close()
    }

    private final class Echo: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            context.writeAndFlush(data, promise: nil)
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) {
            context.close(promise: nil)
        }
    }
}
