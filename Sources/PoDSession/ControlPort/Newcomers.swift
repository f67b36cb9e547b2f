import Glibc
import NIOCore
package import PoDCore
import Synchronization

/// The connections to the control port of which it is not known yet whose they are.
package final class Newcomers: Sendable {
    private struct State: Sendable {
        var queue: NewcomerQueue
        var count: NewcomerQueue.Number = 0
        /// Of those that wait: what to do when it is their turn.
        var turns: [NewcomerQueue.Number: @Sendable () -> Void] = [:]
        /// `nil` when no more are taken.
        var channels: [NewcomerQueue.Number: any Channel]? = [:]
    }

    private let state: Mutex<State>

    package init(limits: NewcomerQueue.Limits) {
        self.state = Mutex(State(queue: NewcomerQueue(limits: limits)))
    }

    /// Limits for this process.
    package static var limits: NewcomerQueue.Limits {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return NewcomerQueue.Limits() }
        return NewcomerQueue.Limits(descriptors: Int(clamping: limit.rlim_cur))
    }

    /// One of them, until it is known or closed.
    package struct Newcomer: Sendable {
        fileprivate let newcomers: Newcomers
        fileprivate let number: NewcomerQueue.Number
        fileprivate let source: NetworkSource

        /// It is known whose it is, or it is closed. May be said again.
        package func isDone() {
            self.newcomers.left(self.number)
        }

        /// It is a worker's, who has a lease.
        package func has(_ lease: LeaseID) {
            self.newcomers.state.withLock { $0.queue.worker(lease, isAt: self.source) }
            self.isDone()
        }
    }

    /// Takes a connection in. Called on its event loop.
    ///
    /// - Parameter turn: Called on the event loop when the connection may go on, at once where nobody is before it.
    func take(_ channel: any Channel, turn: @escaping @Sendable (Newcomer) -> Void) -> NewcomerQueue.Answer {
        let source = NetworkSource(channel.remoteAddress)
        let (answer, newcomer): (NewcomerQueue.Answer, Newcomer) = self.state.withLock { state in
            state.count += 1
            let newcomer = Newcomer(newcomers: self, number: state.count, source: source)
            guard state.channels != nil else { return (.refused, newcomer) }
            let answer = state.queue.came(newcomer.number, from: source)
            if answer != .refused {
                state.channels?[newcomer.number] = channel
            }
            if answer == .waits {
                state.turns[newcomer.number] = { channel.eventLoop.execute { turn(newcomer) } }
            }
            return (answer, newcomer)
        }
        if answer != .refused {
            channel.closeFuture.whenComplete { _ in newcomer.isDone() }
        }
        if answer == .goesOn {
            turn(newcomer)
        }
        return answer
    }

    package func leaseEnded(_ lease: LeaseID) {
        self.state.withLock { $0.queue.leaseEnded(lease) }
    }

    /// Closes them all, and takes no more: a session that ends does not wait for who never said whose it is.
    func end() {
        let channels = self.state.withLock { state in
            defer { state.channels = nil }
            return state.channels ?? [:]
        }
        channels.values.forEach { $0.close(promise: nil) }
    }

    private func left(_ number: NewcomerQueue.Number) {
        let turns = self.state.withLock { state in
            state.turns[number] = nil
            state.channels?[number] = nil
            return state.queue.left(number).compactMap { state.turns.removeValue(forKey: $0) }
        }
        turns.forEach { $0() }
    }
}
