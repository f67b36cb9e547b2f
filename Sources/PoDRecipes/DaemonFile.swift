import Foundation
import PoDCore
import SystemPackage

/// A file that a daemon reads, in the daemon's own directory.
public struct DaemonFile: Hashable, Sendable {
    /// A name, not a path.
    public let name: String
    public let text: String

    public init(name: String, text: String) {
        self.name = name
        self.text = text
    }
}

extension DaemonFile {
    /// Makes directories of mode 0700; those that are there stay.
    ///
    /// - Parameter parent: A directory that is there.
    public static func makeDirectories(_ names: [String], in parent: String) throws(RecipeError) {
        for name in names {
            let path = try self.path(of: name, in: parent)
            guard mkdir(path, 0o700) == 0 || (errno == EEXIST && self.isDirectory(path)) else {
                throw RecipeError(.cannotCreate, "can't make \(path): \(String(cString: strerror(errno)))")
            }
        }
    }

    /// Writes files of mode 0600 so that a reader finds each whole, as it was or as it is now, whatever happens in
    /// between: written and synced under another name, then renamed.
    public static func replace(_ files: [DaemonFile], in directory: String) throws(RecipeError) {
        for file in files {
            let path = try self.path(of: file.name, in: directory)
            do {
                try self.write(file.text, to: path, by: "\(directory)/.\(file.name).\(getpid())")
            } catch {
                throw RecipeError(.cannotCreate, "can't write \(path): \(error)")
            }
        }
    }

    private static func write(_ text: String, to path: String, by temporary: String) throws {
        // What a killed process of the same id left behind is in nobody's use.
        unlink(temporary)
        do {
            let descriptor = try FileDescriptor.open(
                FilePath(temporary), .writeOnly, options: [.create, .exclusiveCreate, .noFollow, .closeOnExec],
                permissions: [.ownerReadWrite])
            try descriptor.closeAfter {
                try descriptor.writeAll(text.utf8)
                guard fsync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
            }
            guard rename(temporary, path) == 0 else { throw Errno(rawValue: errno) }
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func path(of name: String, in directory: String) throws(RecipeError) -> String {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(where: { $0 == 0x2F || $0 == 0 }) else {
            throw RecipeError(.software, "expected the name of a file, found \(ValueError.quoted(name))")
        }
        return "\(directory)/\(name)"
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
