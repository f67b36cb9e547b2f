import NIOCore
package import PoDCore
package import PoDTickets
import Synchronization

/// The streams of all workers that can't be reached: connections that wait for their worker to dial back, and those that
/// it did dial back for.
package final class ForwardedStreams: Sendable {
    private struct State: Sendable {
        var dials: PendingDials
        var waiting: [StreamSecret: DetachedSocket] = [:]
        /// The workers' ends of what is open.
        var open: [LeaseID: [ObjectIdentifier: any Channel]] = [:]
    }

    private let state: Mutex<State>
    private let timeToDial: Duration

    package init(limits: PendingDials.Limits = PendingDials.Limits()) {
        self.state = Mutex(State(dials: PendingDials(limits: limits)))
        self.timeToDial = limits.timeToDial
    }

    /// Streams of a lease, those that are waited for and those that are open.
    package func count(of lease: LeaseID) -> Int {
        self.state.withLock { $0.dials.streamCount(of: lease) }
    }

    /// Closes all streams of a lease, which has ended.
    package func leaseEnded(_ lease: LeaseID) {
        let (sockets, channels) = self.state.withLock { state in
            let sockets = state.dials.leaseEnded(lease).compactMap { state.waiting.removeValue(forKey: $0) }
            return (sockets, state.open.removeValue(forKey: lease) ?? [:])
        }
        for socket in sockets {
            socket.close()
        }
        for channel in channels.values {
            channel.eventLoop.execute { StreamChannel.reset(channel) }
        }
    }

    /// The worker says that it can't dial back: whoever waits is told at once.
    ///
    /// - Parameter worker: The key of the worker that says so.
    package func dialFailed(_ secret: StreamSecret, by worker: KeyThumbprint) {
        let socket = self.state.withLock { (state) -> DetachedSocket? in
            guard state.dials.isAsked(secret, of: worker) else { return nil }
            state.dials.withdraw(secret)
            return state.waiting.removeValue(forKey: secret)
        }
        socket?.close()
    }

    /// Lets a connection wait for its worker.
    ///
    /// - Parameter eventLoop: Where the time is watched.
    /// - Returns: The secret to ask the worker with.
    func wait(
        _ socket: DetachedSocket, for lease: LeaseID, worker: KeyThumbprint, on eventLoop: any EventLoop
    ) throws(PendingDials.Refusal) -> StreamSecret {
        let secret = StreamSecret.random()
        try self.state.withLock { (state) throws(PendingDials.Refusal) in
            try state.dials.ask(secret, of: lease, worker: worker, at: Self.now)
            state.waiting[secret] = socket
        }
        eventLoop.scheduleTask(in: TimeAmount(self.timeToDial)) { self.expire() }
        return secret
    }

    /// Joins a worker's dial-back with the connection that waits for it. Called on the dial-back's event loop.
    func answer(_ secret: StreamSecret, by worker: KeyThumbprint, with channel: any Channel) throws(PendingDials
        .Refusal)
    {
        let (lease, socket) = try self.state.withLock { (state) throws(PendingDials.Refusal) in
            let lease = try state.dials.answer(secret, by: worker, at: Self.now)
            state.open[lease, default: [:]][ObjectIdentifier(channel)] = channel
            return (lease, state.waiting.removeValue(forKey: secret))
        }
        let ended: @Sendable () -> Void = {
            self.state.withLock { state in
                // Of a lease that has ended nothing is left here.
                if state.open[lease]?.removeValue(forKey: ObjectIdentifier(channel)) != nil {
                    state.dials.streamEnded(of: lease)
                }
                if state.open[lease]?.isEmpty == true {
                    state.open[lease] = nil
                }
            }
        }
        guard let socket else {
            StreamChannel.reset(channel)
            return ended()
        }
        socket.adopt(on: channel.eventLoop).assumeIsolated().whenComplete { result in
            switch result {
            case .success(let waiting):
                StreamChannel.join(waiting, channel) { _ in ended() }
            case .failure:
                StreamChannel.reset(channel)
                ended()
            }
        }
    }

    private func expire() {
        let sockets = self.state.withLock { state in
            state.dials.expire(at: Self.now).compactMap { state.waiting.removeValue(forKey: $0) }
        }
        for socket in sockets {
            socket.close()
        }
    }

    private static var now: Instant {
        Instant(sinceStart: .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)))
    }
}
