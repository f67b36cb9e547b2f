import Foundation
import NIOCore
import PoDCore

/// Where workers reach a master: `--advertise HOST[:PORT]`, the address of `--interface`, or this machine's full name.
struct AdvertisedHost {
    let host: String
    /// `nil` for the control port itself.
    let port: UInt16?

    init(advertise: String?, interface: String?) throws {
        if let advertise {
            guard interface == nil else {
                throw ValueError("--interface", "expected only one of --advertise and --interface")
            }
            try self.init(parsing: advertise)
        } else if let interface {
            self.init(host: try Self.address(of: interface), port: nil)
        } else {
            self.init(host: ProcessInfo.processInfo.hostName, port: nil)
        }
    }

    private init(host: String, port: UInt16?) {
        self.host = host
        self.port = port
    }

    /// Reads `HOST` or `HOST:PORT`.
    private init(parsing text: String) throws(ValueError) {
        do throws(ValueError) {
            let address = try Address(parsing: text)
            self.init(host: address.host, port: address.port)
        } catch {
            self.init(host: try Address(host: text, port: 1).host, port: nil)
        }
    }

    private static func address(of interface: String) throws -> String {
        let devices = try System.enumerateDevices()
        // An IPv4 address is the one that more machines can reach.
        let own = devices.filter { $0.name == interface }.compactMap(\.address)
        guard let address = own.first(where: { $0.protocol == .inet }) ?? own.first, let text = address.ipAddress else {
            let names = Set(devices.map(\.name)).sorted().joined(separator: ", ")
            throw ValueError("--interface", found: interface, expected: "one with an address, of \(names)")
        }
        return text
    }
}
