import NIOCore
import NIOPosix
import NIOSSL
import PoDCore
import PoDRendezvous
import PoDSession
import PoDTestKit
import PoDTickets

/// A worker's end of the control channel that says what a test wants, and knows no rules.
struct ScriptedWorker: ~Copyable {
    typealias Connection = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let outbound: NIOAsyncChannelOutboundWriter<ByteBuffer>
    private var inbound: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private var received = ByteBuffer()

    static let hello = ControlMessage.hello(protocolName: ControlCodec.protocolName, version: Version.current)

    /// A connection over TLS to a master, for the time of `body`.
    ///
    /// - Parameter source: The address of this host that it comes from; `nil` for any.
    static func with<Result>(
        _ server: ServerInfo, as identity: ChannelIdentity? = nil, from source: String? = nil,
        _ body: (inout ScriptedWorker) async throws -> Result
    ) async throws -> Result {
        let tls = try ChannelTLS(try identity ?? ChannelIdentity.ephemeral(), role: .peer)
        let key = try KeyThumbprint(parsing: server.key?.description ?? "")
        let connection = try await Self.connect(server.address, from: source) {
            try tls.peerHandler(pinning: key)
        }
        return try await connection.executeThenClose { inbound, outbound in
            var worker = ScriptedWorker(outbound: outbound, inbound: inbound.makeAsyncIterator())
            return try await body(&worker)
        }
    }

    /// A connection without TLS, for the time of `body`.
    static func withPlain<Result>(
        _ server: ServerInfo, from source: String? = nil,
        _ body: (any Channel, NIOAsyncChannelOutboundWriter<ByteBuffer>) async throws -> Result
    ) async throws -> Result {
        let connection = try await Self.connect(server.address, from: source)
        return try await connection.executeThenClose { try await body(connection.channel, $1) }
    }

    private static func connect(
        _ address: Address, from source: String?, _ tls: (@Sendable () throws -> NIOSSLClientHandler)? = nil
    ) async throws -> Connection {
        let client = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
        return try await (source.map { client.bind(to: try SocketAddress(ipAddress: $0, port: 0)) } ?? client)
            .connect(host: address.host, port: Int(address.port)) { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(try tls())
                    }
                    return try Connection(wrappingChannelSynchronously: channel)
                }
            }
    }

    func say(_ message: ControlMessage) async throws {
        try await self.outbound.write(ControlCodec.encode(message))
    }

    func say(_ text: String) async throws {
        try await self.outbound.write(ByteBuffer(string: text))
    }

    /// What the master says next; `nil` when it has closed the connection.
    mutating func next() async throws -> ControlMessage? {
        while true {
            if let length = self.received.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
                let line = self.received.readSlice(length: length - self.received.readerIndex) ?? ByteBuffer()
                self.received.moveReaderIndex(forwardBy: 1)
                return try ControlCodec.decode(line)
            }
            self.received.discardReadBytes()
            do {
                guard var bytes = try await self.inbound.next() else { return nil }
                self.received.writeBuffer(&bytes)
            } catch is NIOSSLError {
                return nil
            } catch is IOError {
                return nil
            }
        }
    }

    /// Hello and claim.
    ///
    /// - Returns: The answer to the claim.
    mutating func claim(
        _ claim: ClaimID = ClaimID(high: .random(in: 0 ... .max), low: .random(in: 0 ... .max)), host: String = "wn",
        ticket: String? = nil
    ) async throws -> ControlMessage? {
        try await self.say(Self.hello)
        try await self.say(
            .claim(Claim(id: claim, masterJobID: try MasterJobID(parsing: "77"), host: host, pid: 4711, ticket: ticket))
        )
        while let message = try await self.next() {
            if case .hello = message { continue }
            return message
        }
        return nil
    }

    /// Hello, claim and registration.
    mutating func join() async throws -> LeaseID {
        let answer = try await self.claim()
        guard case .lease(let lease, _)? = answer else {
            throw TestKitError("no lease: \(String(describing: answer))")
        }
        try await self.say(
            .register(lease, Registration(contact: try Address(parsing: "127.0.0.1:20001"), account: "alice")))
        let registered = try await self.next()
        guard registered == .registered else {
            throw TestKitError("not registered: \(String(describing: registered))")
        }
        return lease
    }
}

extension RunningMaster {
    /// A worker comes and goes as if nothing had been.
    ///
    /// - Parameter source: The address of this host that it comes from; `nil` for any.
    func takesAnother(from source: String? = nil) async throws {
        try await ScriptedWorker.with(self.server, from: source) { worker in
            let lease = try await worker.join()
            try await worker.say(.bye(lease, code: 0, reason: "over", log: []))
            while try await worker.next() != nil {}
        }
    }
}
