import ApMon
public import PoDCore

/// What a publisher is told: each setting from text, checked here, so that Perl, C and the command line give the same
/// messages.
public struct PublisherSettings: Hashable, Sendable {
    public private(set) var masterJobID: MasterJobID?
    public private(set) var address: Address?
    /// Free slots; 0 for a withdrawal.
    public private(set) var wanted = 1
    public private(set) var share: Double?
    public private(set) var sessionProtocol = SessionProtocol.alienPoD1
    /// Seconds between advertisements.
    public private(set) var period: Int64 = 20
    public private(set) var statusFile: String?
    /// Messages a second to each destination, 0 for no limit; `nil` for what the configuration says, or 20.
    public private(set) var rate: Int?
    var locations: [ApMonLocation] = []

    public init() {}

    /// - Throws: ``RendezvousError`` with ``ExitStatus/usage`` for a wrong name or value; nothing is changed then.
    public mutating func set(_ name: String, _ value: String) throws(RendezvousError) {
        do {
            try self.take(name, value)
        } catch let error as ApMonError {
            throw RendezvousError(.usage, error.description)
        } catch let error as ValueError {
            throw RendezvousError(error)
        } catch {
            throw RendezvousError(.software, "\(error)")
        }
    }

    private mutating func take(_ name: String, _ value: String) throws {
        switch name {
        case "master_job_id": self.masterJobID = try MasterJobID(parsing: value)
        case "address": self.address = try Address(parsing: value)
        case "wanted": self.wanted = Int(try SettingValue.number(name, value, 0...Int64(Advertisement.mostWanted)))
        case "share": self.share = try SettingValue.share(value)
        case "protocol": self.sessionProtocol = try SessionProtocol(parsing: value.utf8.span)
        case "period": self.period = try SettingValue.number(name, value, .publishPeriod)
        case "rate": self.rate = Int(try SettingValue.number(name, value, 0...1_000_000))
        case "status_file": self.statusFile = try SettingValue.path(name, value)
        case "destination": self.locations.append(try ApMonLocation(parsing: value))
        default: throw ValueError("setting", found: name, expected: "one that a publisher has")
        }
    }

    /// The message that these settings make.
    func message(secondsSince1970 second: Int64) throws(RendezvousError) -> ApMonMessage {
        guard let masterJobID else {
            throw RendezvousError(.usage, "master_job_id: not set")
        }
        guard let address else {
            throw RendezvousError(.usage, "address: not set")
        }
        do {
            let advertisement = try Advertisement(
                masterJobID: masterJobID, address: address, wanted: max(1, self.wanted), share: self.share,
                sessionProtocol: self.sessionProtocol)
            return try Publisher.message(
                masterJobID,
                self.wanted > 0
                    ? advertisement.parameters(secondsSince1970: Double(second)) : advertisement.withdrawalParameters())
        } catch let error as RendezvousError {
            throw error
        } catch {
            throw RendezvousError(.usage, "\(error)")
        }
    }
}
