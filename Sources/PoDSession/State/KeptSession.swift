import PoDCore
public import PoDRecipes
public import PoDTickets

/// What makes the owner of a session: its key, and the authority that certifies its daemons. Read from a state directory
/// without its lock, which the master has.
public struct KeptSession: Sendable {
    public let key: SigningKey
    /// `nil` where the recipe's daemons know no certificates.
    public let authority: SessionAuthority?

    /// - Throws: ``SessionError`` that names what is missing or wrong.
    public init(readingDirectory path: String) throws(SessionError) {
        do {
            self.key = try SigningKeyFile.read("\(path)/\(StateDirectory.keyFile)")
            self.authority = try StateDirectory.authority(in: path).map { try SessionAuthority(files: $0) }
        } catch let error as SessionError {
            throw error
        } catch let error as TicketError {
            throw SessionError(error.status, error.description)
        } catch let error as RecipeError {
            throw SessionError(error.status, "\(path): \(error)")
        } catch {
            throw SessionError(.data, "\(path): \(error)")
        }
    }
}
