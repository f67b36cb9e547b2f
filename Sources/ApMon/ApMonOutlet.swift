import Glibc

/// One destination of a sender: its addresses, its socket, its numbers.
struct ApMonOutlet {
    /// Between two resolutions of a name that works.
    private static let resolutionLifetime: Duration = .seconds(600)
    /// Between two resolutions of a name after a failure.
    private static let resolutionPause: Duration = .seconds(30)
    /// Where ApMon's senders begin anew.
    private static let sequenceLimit: Int32 = 2_000_000_000

    /// Never a SIGPIPE for the host process, never a wait.
    private static let sendFlags = Int32(truncatingIfNeeded: MSG_NOSIGNAL) | Int32(truncatingIfNeeded: MSG_DONTWAIT)

    let destination: ApMonDestination
    private let header: [UInt8]
    private let rateLimit: Bool
    private var limit: RateLimit
    private var instanceID: Int32
    private var sequenceNumber: Int32 = 0

    private var addresses: [SocketAddress] = []
    private var resolvedAt: Duration?
    private var shouldResolve = true
    private var descriptor: Int32 = -1

    /// The datagrams of the message sent last: sending it again changes only the sequence numbers.
    private var bodies: [[UInt8]] = []
    private var datagrams: [[UInt8]] = []

    init(destination: ApMonDestination, instanceID: Int32, rate: Int?) {
        self.destination = destination
        self.instanceID = instanceID
        self.rateLimit = rate != nil
        self.limit = RateLimit(rate: rate ?? 1)
        var writer = XDRWriter()
        writer.append(DatagramHeader(version: ApMonSender.version, password: destination.password).text)
        self.header = writer.bytes
    }

    /// In a new process: the socket is the parent's, and so are the numbers.
    mutating func renew(instanceID: Int32) {
        self.disconnect()
        self.instanceID = instanceID
        self.sequenceNumber = 0
        self.bodies = []
    }

    /// - Returns: A line that says why there is no address to send to.
    mutating func resolve(at now: Duration) -> String? {
        let age = self.resolvedAt.map { now - $0 }
        let isDue = age.map { $0 >= (self.shouldResolve ? Self.resolutionPause : Self.resolutionLifetime) } ?? true
        guard isDue else {
            return self.addresses.isEmpty ? "\(self.destination): no address yet" : nil
        }
        self.resolvedAt = now
        switch SocketAddress.resolve(self.destination) {
        case .success(let addresses):
            self.shouldResolve = false
            if addresses != self.addresses {
                self.addresses = addresses
                self.disconnect()
            }
            return nil
        case .failure(let error):
            self.shouldResolve = true
            return self.addresses.isEmpty ? error.description : nil
        }
    }

    mutating func send(_ message: borrowing ApMonMessage, at now: Duration, outcome: inout ApMonSender.Outcome) {
        if self.rateLimit,
            !self.limit.admits(at: now.components.seconds, random: { Double.random(in: 0..<1) })
        {
            outcome.heldBack &+= 1
            return
        }
        if let failure = self.resolve(at: now) {
            outcome.failures.append(failure)
            return
        }
        if message.bodies != self.bodies {
            self.bodies = message.bodies
            self.datagrams = message.bodies.map { self.datagram($0) }
        }
        for index in self.datagrams.indices {
            self.sequenceNumber = (self.sequenceNumber &+ 1) % Self.sequenceLimit
            Self.number(&self.datagrams[index], self.sequenceNumber, behind: self.header.count &+ 4)
            if let failure = self.transmit(self.datagrams[index], outcome: &outcome) {
                self.shouldResolve = true
                outcome.failures.append("\(self.destination): \(failure)")
                return
            }
            outcome.datagrams &+= 1
        }
    }

    private func datagram(_ body: [UInt8]) -> [UInt8] {
        var writer = XDRWriter(bytes: self.header)
        writer.append(self.instanceID)
        writer.append(self.sequenceNumber)
        return writer.bytes + body
    }

    private static func number(_ datagram: inout [UInt8], _ sequenceNumber: Int32, behind offset: Int) {
        let number = UInt32(bitPattern: sequenceNumber).bigEndian
        datagram.withUnsafeMutableBytes { bytes in
            guard bytes.count >= offset &+ 4 else { return }
            bytes.storeBytes(of: number, toByteOffset: offset, as: UInt32.self)
        }
    }

    /// - Returns: Why it could not be sent.
    private mutating func transmit(_ datagram: [UInt8], outcome: inout ApMonSender.Outcome) -> String? {
        if self.descriptor < 0, let failure = self.connect() {
            return failure
        }
        // A socket tells once that an earlier datagram met a closed port, instead of sending this one.
        for attempt in 0..<2 {
            let count = datagram.withUnsafeBytes {
                Glibc.send(self.descriptor, $0.baseAddress, $0.count, Self.sendFlags)
            }
            if count == datagram.count {
                return nil
            }
            if attempt > 0 || errno != ECONNREFUSED {
                break
            }
            outcome.refused.append(self.destination.description)
        }
        let failure = String(cString: strerror(errno))
        self.disconnect()
        // The next address of the name may be in reach.
        if !self.addresses.isEmpty {
            self.addresses.append(self.addresses.removeFirst())
        }
        return failure
    }

    private mutating func connect() -> String? {
        var failure = "no address"
        for address in self.addresses {
            let descriptor = address.openSocket()
            if descriptor >= 0 {
                self.descriptor = descriptor
                return nil
            }
            failure = String(cString: strerror(errno))
        }
        return failure
    }

    mutating func disconnect() {
        if self.descriptor >= 0 {
            close(self.descriptor)
            self.descriptor = -1
        }
    }
}
