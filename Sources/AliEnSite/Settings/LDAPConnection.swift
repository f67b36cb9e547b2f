import CLDAP
import Dispatch
import Glibc
import PoDCore

/// A connection to one LDAP server, over libldap, without a name or a password, as AliEn connects. Calls wait, at most
/// for the time limits.
final class LDAPConnection {
    /// How to connect.
    struct Options: Hashable, Sendable {
        /// Ask an `ldap://` server for TLS before anything else, and go no further without.
        var startsTLS = false
        /// The file of the certificates that are trusted; the system's if `nil`.
        var certificateAuthorities: String?
        /// Seconds that connecting may take, and each answer.
        var timeLimit = 10
    }

    /// How far a search goes down from its base (RFC 4511, section 4.5.1.2).
    enum Scope: Int32 {
        case base = 0
        case oneLevel = 1
    }

    /// How many entries a server is asked for at once: below the 500 or 1000 that servers give without pages.
    static let pageSize: ber_int_t = 200

    private let library: UnsafePointer<cldap_library>
    private let handle: OpaquePointer
    private let server: LDAPServer
    private let options: Options
    private let watch = SocketWatch()

    /// - Throws: ``SiteError`` with ``ExitStatus/unavailable`` when the server can't be reached or its TLS is not to be
    ///   trusted.
    init(to server: LDAPServer, _ options: Options) throws(SiteError) {
        var problem: UnsafePointer<CChar>?
        guard let library = cldap_load(&problem) else {
            throw SiteError(.unavailable, problem.map { String(cString: $0) } ?? "libldap can't be loaded")
        }
        var handle: OpaquePointer?
        let code = library.pointee.initialize(&handle, server.description)
        guard code == 0, let handle else {
            throw SiteError(.unavailable, "\(server): \(String(cString: library.pointee.err2string(code)))")
        }
        self.library = library
        self.handle = handle
        self.server = server
        self.options = options
        self.configure()
        try self.secureAndBind()
    }

    deinit {
        _ = self.library.pointee.unbind_ext_s(self.handle, nil, nil)
    }

    // MARK: - Reading

    /// One entry with all its attributes; `nil` when it is not there.
    func entry(_ dn: String) throws(SiteError) -> LDAPEntry? {
        try self.search(dn, .base, filter: "(objectClass=*)").first
    }

    /// The entries right below a base that match a filter, page by page; none when the base is not there.
    func entries(below base: String, filter: String) throws(SiteError) -> [LDAPEntry] {
        try self.search(base, .oneLevel, filter: filter)
    }

    private func search(_ base: String, _ scope: Scope, filter: String) throws(SiteError) -> [LDAPEntry] {
        var entries: [LDAPEntry] = []
        var cookie: [UInt8] = []
        repeat {
            var result: OpaquePointer?
            defer { _ = self.library.pointee.msgfree(result) }
            let code = try self.withPageControl(scope, cookie) { controls in
                var timeout = cldap_seconds(self.options.timeLimit)
                return self.library.pointee.search_ext_s(
                    self.handle, base, scope.rawValue, filter, nil, 0, controls, nil, &timeout, 0, &result)
            }
            if code == LDAP_NO_SUCH_OBJECT {
                return []
            }
            guard code == LDAP_SUCCESS, let result else {
                throw self.error(code, "search \(base)")
            }
            entries += self.entries(of: result)
            cookie = scope == .base ? [] : self.nextCookie(of: result)
        } while !cookie.isEmpty
        return entries
    }

    /// Calls `body` with the control that asks for a page (RFC 2696); a server that has none may ignore it.
    private func withPageControl(
        _ scope: Scope, _ cookie: [UInt8],
        _ body: (UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?) -> Int32
    ) throws(SiteError) -> Int32 {
        guard scope == .oneLevel else { return body(nil) }
        var cookie = cookie
        var control: UnsafeMutablePointer<LDAPControl>?
        let code = cookie.withUnsafeMutableBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: CChar.self)
            var value = berval(bv_len: UInt(bytes.count), bv_val: start)
            let create = self.library.pointee.create_page_control
            return start == nil
                ? create(self.handle, Self.pageSize, nil, 0, &control)
                : create(self.handle, Self.pageSize, &value, 0, &control)
        }
        guard code == LDAP_SUCCESS else {
            throw self.error(code, "ask for pages")
        }
        defer { self.library.pointee.control_free(control) }
        var controls = [control, nil]
        return body(&controls)
    }

    private func nextCookie(of result: OpaquePointer) -> [UInt8] {
        var controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
        let code = self.library.pointee.parse_result(self.handle, result, nil, nil, nil, nil, &controls, 0)
        defer { self.library.pointee.controls_free(controls) }
        guard code == LDAP_SUCCESS,
            let control = self.library.pointee.control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nil)
        else { return [] }
        var cookie = berval()
        guard self.library.pointee.parse_pageresponse_control(self.handle, control, nil, &cookie) == LDAP_SUCCESS else {
            return []
        }
        defer { self.library.pointee.memfree(cookie.bv_val) }
        return Array(UnsafeRawBufferPointer(start: cookie.bv_val, count: Int(cookie.bv_len)))
    }

    private func entries(of result: OpaquePointer) -> [LDAPEntry] {
        var entries: [LDAPEntry] = []
        var next = self.library.pointee.first_entry(self.handle, result)
        while let entry = next {
            let name = self.library.pointee.get_dn(self.handle, entry)
            let dn = name.map { String(cString: $0) } ?? ""
            self.library.pointee.memfree(name)
            entries.append(LDAPEntry(dn: dn, attributes: self.attributes(of: entry)))
            next = self.library.pointee.next_entry(self.handle, entry)
        }
        return entries
    }

    private func attributes(of entry: OpaquePointer) -> [LDAPEntry.Attribute] {
        var attributes: [LDAPEntry.Attribute] = []
        var position: OpaquePointer?
        var next = self.library.pointee.first_attribute(self.handle, entry, &position)
        while let name = next {
            let values = self.library.pointee.get_values_len(self.handle, entry, name)
            attributes.append(LDAPEntry.Attribute(name: String(cString: name), values: Self.texts(values)))
            self.library.pointee.value_free_len(values)
            self.library.pointee.memfree(name)
            next = self.library.pointee.next_attribute(self.handle, entry, position)
        }
        if let position {
            self.library.pointee.ber_free(position, 0)
        }
        return attributes
    }

    private static func texts(_ values: UnsafeMutablePointer<UnsafeMutablePointer<berval>?>?) -> [String] {
        var texts: [String] = []
        var place = values
        while let value = place?.pointee?.pointee {
            let bytes = UnsafeRawBufferPointer(start: value.bv_val, count: Int(value.bv_len))
            texts.append(String(decoding: bytes, as: UTF8.self))
            place = place?.successor()
        }
        return texts
    }

    // MARK: - Connecting

    private func configure() {
        let set = self.library.pointee.set_option
        var version: Int32 = 3
        _ = set(self.handle, LDAP_OPT_PROTOCOL_VERSION, &version)
        var limit = cldap_seconds(self.options.timeLimit)
        _ = set(self.handle, LDAP_OPT_NETWORK_TIMEOUT, &limit)
        _ = set(self.handle, LDAP_OPT_TIMEOUT, &limit)
        _ = set(self.handle, LDAP_OPT_CONNECT_CB, self.watch.callbacks)
        // A referral would lead to a server that nobody named.
        _ = set(self.handle, LDAP_OPT_REFERRALS, nil)
        if let file = self.options.certificateAuthorities {
            _ = file.withCString { set(self.handle, LDAP_OPT_X_TLS_CACERTFILE, $0) }
            var isServer: Int32 = 0
            _ = set(self.handle, LDAP_OPT_X_TLS_NEWCTX, &isServer)
        }
    }

    private func secureAndBind() throws(SiteError) {
        // libldap over GnuTLS waits for ever for the first TLS message of a server that says nothing. Twice the limit, for
        // StartTLS and the bind are two answers.
        let end = self.watch.cutConnection(after: 2 * self.options.timeLimit)
        defer { end.cancel() }
        if self.options.startsTLS, !self.server.isEncrypted {
            let code = self.library.pointee.start_tls_s(self.handle, nil, nil)
            guard code == LDAP_SUCCESS else {
                throw self.error(code, "start TLS")
            }
        }
        var noPassword = berval()
        let code = self.library.pointee.sasl_bind_s(self.handle, nil, nil, &noPassword, nil, nil, nil)
        guard code == LDAP_SUCCESS else {
            throw self.error(code, "connect")
        }
    }

    /// Whatever keeps a server from answering counts as its being away: a copy of older answers helps then.
    private func error(_ code: Int32, _ what: String) -> SiteError {
        var message: UnsafeMutablePointer<CChar>?
        _ = self.library.pointee.get_option(self.handle, LDAP_OPT_DIAGNOSTIC_MESSAGE, &message)
        defer { self.library.pointee.memfree(message) }
        var text = String(cString: self.library.pointee.err2string(code))
        if let message, message.pointee != 0 {
            text += " (\(ValueError.quoted(String(cString: message))))"
        }
        let isMalformed = code == LDAP_INVALID_DN_SYNTAX || code == LDAP_FILTER_ERROR
        return SiteError(isMalformed ? .usage : .unavailable, "\(self.server): can't \(what): \(text)")
    }
}
