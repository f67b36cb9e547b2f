import Foundation

/// The TCP sockets on which a process and all that it started listen, as the kernel lists them in `/proc`.
enum ListeningSockets {
    struct Address: Hashable, CustomStringConvertible {
        /// As the kernel writes it: hexadecimal words in host order.
        let hexadecimal: String
        let port: UInt16

        var isLoopback: Bool {
            // 127.0.0.1, ::1 and ::ffff:127.0.0.1.
            [
                "0100007F", "00000000000000000000000001000000", "0000000000000000FFFF00000100007F",
            ].contains(self.hexadecimal)
        }

        var description: String { "\(self.hexadecimal):\(self.port)" }
    }

    static func ofDescendants(of process: Int32) throws -> [Address] {
        let inodes = Set(self.descendants(of: process).flatMap(self.socketInodes))
        return try ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { file in
            try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").dropFirst().compactMap { line in
                let fields = line.split(separator: " ")
                // Fields: 1 the local address, 3 the state (0A is LISTEN), 9 the inode.
                guard fields.count > 9, fields[3] == "0A", inodes.contains(String(fields[9])) else { return nil }
                let parts = fields[1].split(separator: ":")
                guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return nil }
                return Address(hexadecimal: String(parts[0]), port: port)
            }
        }
    }

    private static func descendants(of process: Int32) -> [Int32] {
        // Any thread may have started a child.
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/task")) ?? []
        let direct = threads.flatMap { thread in
            let file = "/proc/\(process)/task/\(thread)/children"
            return ((try? String(contentsOfFile: file, encoding: .utf8)) ?? "").split(separator: " ").compactMap {
                Int32($0)
            }
        }
        return [process] + direct.flatMap(self.descendants)
    }

    private static func socketInodes(of process: Int32) -> [String] {
        let directory = "/proc/\(process)/fd"
        let descriptors = (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
        return descriptors.compactMap { descriptor in
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "\(directory)/\(descriptor)"),
                target.hasPrefix("socket:[")
            else { return nil }
            return String(target.dropFirst("socket:[".count).dropLast())
        }
    }
}
