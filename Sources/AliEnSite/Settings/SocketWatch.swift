import CLDAP
import Dispatch
import Glibc

/// The socket under an LDAP connection, which can be cut from beside a call that hangs.
final class SocketWatch: @unchecked Sendable {
    let callbacks: UnsafeMutablePointer<ldap_conncb>
    // Written by libldap within its calls and read by the timer: a whole word, of which any value is safe to cut.
    private let socket: UnsafeMutablePointer<ber_socket_t>

    init() {
        self.socket = .allocate(capacity: 1)
        self.socket.initialize(to: -1)
        self.callbacks = .allocate(capacity: 1)
        self.callbacks.initialize(to: cldap_note_socket(self.socket))
    }

    deinit {
        self.callbacks.deallocate()
        self.socket.deallocate()
    }

    /// Ends the connection after so many seconds, unless what is returned is cancelled before.
    func cutConnection(after seconds: Int) -> DispatchWorkItem {
        let item = DispatchWorkItem {
            shutdown(self.socket.pointee, Int32(SHUT_RDWR))
        }
        DispatchQueue.global().asyncAfter(deadline: .now() + .seconds(seconds), execute: item)
        return item
    }
}
