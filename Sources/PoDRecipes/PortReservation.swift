import Glibc
import PoDCore

/// A TCP port of this machine that no other daemon of ours is given as long as this value lives.
///
/// A daemon binds its port itself, a while after it was chosen. Until then, and after, an abstract Unix socket named for
/// the port marks it as taken: it belongs to the same network namespace as the port, leaves no file, and is gone with its
/// process, however that ends (unix(7)).
public final class PortReservation: Sendable {
    public let port: UInt16
    private let descriptor: Int32

    /// Takes a free port.
    ///
    /// - Parameters:
    ///   - range: The ports to choose from.
    ///   - first: The one to be tried first; drawn where it is not given, so that those who look at once don't try the
    ///     same one after another.
    /// - Throws: ``RecipeError`` when none is free.
    public init(from range: ClosedRange<UInt16>, startingAt first: UInt16? = nil) throws(RecipeError) {
        let first = first ?? .random(in: range)
        for candidates in [first...range.upperBound, range.lowerBound...first] {
            for port in candidates where port > 0 {
                guard let descriptor = Self.mark(port) else { continue }
                if Self.isFree(port) {
                    self.port = port
                    self.descriptor = descriptor
                    return
                }
                close(descriptor)
            }
        }
        throw RecipeError(.unavailable, "no free port from \(range.lowerBound) to \(range.upperBound)")
    }

    deinit {
        close(self.descriptor)
    }

    /// - Returns: The descriptor that holds the mark; `nil` when another holds it.
    private static func mark(_ port: UInt16) -> Int32? {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return nil }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        // An abstract name begins with NUL and is as long as the address's length says.
        let name = [0] + "alien-pod/port/\(port)".utf8
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
        let length = MemoryLayout<sockaddr_un>.offset(of: \.sun_path).map { $0 + name.count } ?? 0
        guard Self.bind(descriptor, &address, length) else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    /// Whether a server could listen there on every interface.
    ///
    /// Bound, not listened on: a child that another thread starts at this moment has a copy until it becomes another program,
    /// and one that listens would keep out who binds the port next.
    private static func isFree(_ port: UInt16) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        guard descriptor >= 0 else { return false }
        defer { close(descriptor) }
        var yes: Int32 = 1
        // A daemon that ended a moment ago is no hindrance.
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        return Self.bind(descriptor, &address, MemoryLayout<sockaddr_in>.size)
    }

    private static func bind<Address>(_ descriptor: Int32, _ address: inout Address, _ length: Int) -> Bool {
        withUnsafeBytes(of: &address) { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                Glibc.bind(descriptor, $0.baseAddress, socklen_t(length)) == 0
            }
        }
    }
}
