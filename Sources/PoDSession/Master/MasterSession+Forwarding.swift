import Logging
import PoDCore
import PoDRendezvous
import PoDTickets

/// Workers that are looked for, and the ports that stand for those that can't be reached.
extension MasterSession {
    /// Sees whether a worker can be reached.
    func look(for id: MasterMachine.ConnectionID, by probe: ReachProbe, within limit: Duration) {
        Task {
            let isMet = await probe.isMet(within: limit)
            self.perform(self.machine.probed(id, isMet: isMet, at: MonotonicClock.now))
        }
    }

    /// Opens a lease's port.
    ///
    /// - Parameter kept: The one that it had before the master was started again.
    func openPort(for lease: LeaseID, of worker: KeyThumbprint, kept: UInt16?) {
        Task { await self.port(for: lease, of: worker, kept: kept) }
    }

    /// Opens the ports that leases had before the master was started again.
    func openKeptPorts(_ ports: [LeaseID: UInt16]) async {
        for case .openPort(let lease, let worker, let kept) in self.machine.openKeptPorts(ports) {
            await self.port(for: lease, of: worker, kept: kept)
        }
    }

    private func port(for lease: LeaseID, of worker: KeyThumbprint, kept: UInt16?) async {
        do {
            let port = try await LeasePort(for: lease, of: worker, kept: kept, self.place) { secret in
                Task { await self.askToDial(secret, for: lease, of: worker) }
            }
            // It may have ended while its port was opened.
            guard self.machine.knows(lease) else {
                return port.close()
            }
            do throws(SessionError) {
                if kept == nil {
                    try self.keep(.forwarded(lease, port: port.contact.port))
                }
            } catch {
                port.close()
                throw error
            }
            self.ports.updateValue(port, forKey: lease)
            self.perform(self.machine.portOpened(lease, contact: port.contact, at: MonotonicClock.now))
        } catch {
            self.log.warning("lease \(lease): no port to forward: \(error)")
            self.perform(
                self.machine.portFailed(
                    lease, reason: "the master has no port to forward", at: MonotonicClock.now))
        }
    }

    /// A connection waits at the port.
    private func askToDial(_ secret: StreamSecret, for lease: LeaseID, of worker: KeyThumbprint) {
        let question = self.machine.tell(.dial(secret), lease)
        if question.isEmpty {
            self.place.streams.dialFailed(secret, by: worker)
        } else {
            self.perform(question)
        }
    }

    /// Ends a lease's port and its streams.
    func closePort(of lease: LeaseID) {
        self.ports.removeValue(forKey: lease)?.close()
        self.place.streams.leaseEnded(lease)
    }

    /// Ends all ports: the session is over.
    func closePorts() {
        for lease in self.ports.keys {
            self.closePort(of: lease)
        }
    }
}
