public import PoDCore

extension Ticket {
    /// Reads the payload of a ticket (RFC 7519, RFC 7800).
    init(payload: [UInt8]) throws(TicketError) {
        let claims = try ClaimSet(parsing: payload, of: "ticket")
        guard claims["aud"] == nil else {
            throw TicketError(.wrongAudience, "ticket: aud: expected none, found \(claims.shown("aud"))")
        }
        let subject = try claims.text("sub")
        let issuer = claims["iss"] == nil ? nil : try claims.text("iss")
        for (name, text) in [("iss", issuer), ("sub", subject)] {
            guard let text else { continue }
            guard TicketName.isValid(text) else {
                throw claims.error(name, expected: TicketName.expectation)
            }
        }
        guard let role = Role(rawValue: try claims.text("role")) else {
            throw claims.error("role", expected: Role.allCases.map(\.rawValue).joined(separator: ", "))
        }
        let notBefore = try claims.date("nbf")
        let expires = try claims.date("exp")
        guard notBefore < expires else {
            throw claims.error("exp", expected: "a time after nbf")
        }
        let workers = claims["workers"] == nil ? nil : try claims.integer("workers", in: 1...Self.mostWorkers)
        guard let jwk = claims["cnf"]?["jwk"] else {
            throw claims.error("cnf", expected: "an object with a jwk")
        }
        let holder: PublicKey
        do throws(TicketError) {
            holder = try PublicKey(jwk: jwk)
        } catch {
            throw TicketError(error.code, "ticket: cnf: \(error)")
        }
        try self.init(
            issuer: issuer, subject: subject, role: role, notBefore: notBefore, expires: expires,
            workers: workers.flatMap { Int(exactly: $0) }, holder: holder)
    }

    /// The claims as they are signed and shown.
    public var json: JSONValue {
        var members: [JSONValue.Member] = []
        if let issuer {
            members.append(.init(name: "iss", value: .string(issuer)))
        }
        members += [
            .init(name: "sub", value: .string(self.subject)),
            .init(name: "role", value: .string(self.role.rawValue)),
            .init(name: "nbf", value: .integer(self.notBefore.secondsSince1970)),
            .init(name: "exp", value: .integer(self.expires.secondsSince1970)),
        ]
        if let workers {
            members.append(.init(name: "workers", value: .integer(Int64(workers))))
        }
        members.append(
            .init(name: "cnf", value: .object([.init(name: "jwk", value: self.holder.jwk)])))
        return .object(members)
    }
}
