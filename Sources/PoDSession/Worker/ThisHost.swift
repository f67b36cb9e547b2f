import Glibc

/// What a worker says of the machine it runs on.
enum ThisHost {
    static var processID: Int32 { getpid() }

    static var name: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "unknown" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
