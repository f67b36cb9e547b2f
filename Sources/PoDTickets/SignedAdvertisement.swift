public import PoDCore

/// An advertisement that its master has signed: what the publisher sends.
public struct SignedAdvertisement: Hashable, Sendable {
    public let content: AdvertisementContent
    public let ticket: TicketChain
    /// The compact form of the proof.
    public let proof: String

    /// What is kept free of ``Advertisement/largestDatagram`` for what the sender adds before the cluster, in bytes:
    /// the header `v:2.2.1_swiftp:` with a password of up to 33 bytes, instance id and sequence number.
    public static let reservedForHeader = 64

    /// - Parameters:
    ///   - ticket: The session's.
    ///   - key: The session's: that of the ticket's holder.
    /// - Throws: ``TicketError`` where no watcher would believe it, whatever it trusts, or it would not fit into one
    ///   datagram: ``TicketError/Code/tooLong``.
    public init(
        signing content: AdvertisementContent, ticket: TicketChain, key: SigningKey
    ) throws(TicketError) {
        guard ticket.ticket.role == .master else {
            throw TicketError(
                .wrongRole, "ticket: expected one for a master, found one for a \(ticket.ticket.role.rawValue)")
        }
        guard ticket.ticket.holder == key.publicKey else {
            throw TicketError(.wrongKey, "session key: expected that of the ticket's holder")
        }
        try content.checkWanted(within: ticket.ticket)
        self.content = content
        self.ticket = ticket
        self.proof = try CompactJWS(signing: try content.payload(), as: .advertisement, with: key).text
        let size = self.size(of: self.neededParameters)
        guard size <= Advertisement.largestDatagram else {
            throw TicketError(
                .tooLong,
                "advertisement: expected at most \(Advertisement.largestDatagram) bytes, found \(size) with the ticket's "
                    + "\(ticket.description.utf8.count)")
        }
    }

    /// The parameters of the datagram.
    ///
    /// `Ticket` and `Proof` are always there, and `Wanted` in a withdrawal. For old-style watchers and for people follow
    /// those of the plain advertisement, as far as there is room: `Address` with `Protocol`, then `Wanted`, `Share`,
    /// `Sequence`, `Timestamp`, `Host` and `Port`.
    public var parameters: [Advertisement.Parameter] {
        var parameters = self.neededParameters
        guard let offer = self.content.offer else { return parameters }
        let plain = offer.parameters(secondsSince1970: Double(self.content.issuedAt.secondsSince1970))
        // An Address without Protocol would be a PoD server's.
        for names in [["Address", "Protocol"], ["Wanted"], ["Share"], ["Sequence"], ["Timestamp"], ["Host", "Port"]] {
            let wider = parameters + plain.filter { names.contains($0.name) }
            if self.size(of: wider) <= Advertisement.largestDatagram {
                parameters = wider
            }
        }
        return parameters
    }

    private var neededParameters: [Advertisement.Parameter] {
        var parameters: [Advertisement.Parameter] = [
            .init(name: "Ticket", value: .string(self.ticket.description)),
            .init(name: "Proof", value: .string(self.proof)),
        ]
        if self.content.offer == nil {
            parameters.append(.init(name: "Wanted", value: .int32(0)))
        }
        return parameters
    }

    /// The size of a datagram of these parameters, in bytes, with ``reservedForHeader``: XDR, as ApMon sends it.
    func size(of parameters: [Advertisement.Parameter]) -> Int {
        let names = Self.size(of: Advertisement.cluster) &+ Self.size(of: self.content.masterJobID.description)
        return parameters.reduce(Self.reservedForHeader &+ names &+ 4) { sum, parameter in
            let value =
                switch parameter.value {
                case .string(let text): Self.size(of: text)
                case .int32: 4
                case .real64: 8
                }
            return sum &+ Self.size(of: parameter.name) &+ 4 &+ value
        }
    }

    private static func size(of text: String) -> Int {
        4 &+ (text.utf8.count &+ 3) & ~3
    }
}
