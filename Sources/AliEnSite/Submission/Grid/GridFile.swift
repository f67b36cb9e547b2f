import Foundation
import PoDCore

/// A file of this machine and where the grid's catalogue has it.
struct GridFile: Hashable {
    let source: String
    /// In the catalogue.
    let path: String

    /// What both the grid's commands take as it stands: they part their arguments at blanks, once more for a shell, and
    /// read `@`, `,`, `;` and `*` in paths.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        default: "/._+-".utf8.contains(byte)
        }
    }

    /// - Throws: ``SiteError`` with ``ExitStatus/usage`` for a path of this machine that can't be told.
    func check() throws(SiteError) {
        guard self.source.hasPrefix("/"), self.source.utf8.allSatisfy(Self.isPlain) else {
            throw SiteError(
                .usage, "\(self.source.quoted): expected letters, digits and any of /._+- in a path to be uploaded")
        }
    }

    /// - Parameters:
    ///   - mode: Of its entry in the catalogue; `nil` where there is none.
    ///   - size: Of its entry, in bytes.
    /// - Throws: ``SiteError`` unless it is there in full, and its owner's alone.
    func check(mode: String?, size: Int64?) throws(SiteError) {
        guard let mode, let size else {
            throw SiteError(.unavailable, "upload: \(self.path) did not reach the catalogue")
        }
        let attributes = try? FileManager.default.attributesOfItem(atPath: self.source)
        guard size == (attributes?[.size] as? NSNumber)?.int64Value else {
            throw SiteError(.unavailable, "upload: \(self.path): has \(size) bytes, not those of \(self.source)")
        }
        guard mode == Self.mode else {
            throw SiteError(.noPermission, "upload: \(self.path): expected mode \(Self.mode), found \(mode)")
        }
    }

    /// As the catalogue writes it: for its owner alone.
    static let mode = "600"
    /// A directory's.
    static let directoryMode = "700"
}
