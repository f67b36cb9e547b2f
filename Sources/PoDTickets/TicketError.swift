public import PoDCore

/// Why a key, a ticket or a signed advertisement is not taken: a code to branch on and one line to read.
public struct TicketError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Code: String, Hashable, Sendable, CaseIterable {
        /// Not the form that it has to have: base64url, JSON, a missing or misshapen member.
        case malformed
        case tooLong
        /// An `alg` that is not EdDSA, `none` among them.
        case wrongAlgorithm
        /// A `typ` that is not the one asked for: a ticket is no advertisement, nor the reverse.
        case wrongType
        /// A `crit` header: it names what must be understood, and we understand nothing of the kind.
        case criticalHeader
        /// An `aud`: it is meant for somebody else.
        case wrongAudience
        case notYetValid
        case expired
        /// Its `iat` is too far from the repository's time.
        case stale
        case wrongRole
        /// A ticket that gives more than the one that signed it, or that was signed by one that may not sign.
        case widened
        case revoked
        /// Its first ticket is signed by none of the trusted keys.
        case untrusted
        case wrongSignature
        /// An advertisement of another master than the node it stands at.
        case wrongMaster
        /// A key that is not the one the ticket was given to.
        case wrongKey
        /// An advertisement that has no `Ticket` or no `Proof`.
        case unsigned
        /// A value that was given as an argument or a setting.
        case invalidValue
        case keyFileNotReadable
        /// A key file that others may read, or that is not ours.
        case keyFileNotPrivate
        case keyFileNotWritable
    }

    public let code: Code
    public let description: String

    public init(_ code: Code, _ description: String) {
        self.code = code
        self.description = description
    }

    /// The exit code of a command that fails so.
    public var status: ExitStatus {
        switch self.code {
        case .invalidValue: .usage
        case .malformed, .tooLong: .data
        case .keyFileNotReadable: .noInput
        case .keyFileNotWritable: .cannotCreate
        case .wrongAlgorithm, .wrongType, .criticalHeader, .wrongAudience, .notYetValid, .expired, .stale, .wrongRole,
            .widened, .revoked, .untrusted, .wrongSignature, .wrongMaster, .wrongKey, .unsigned, .keyFileNotPrivate:
            .noPermission
        }
    }
}
