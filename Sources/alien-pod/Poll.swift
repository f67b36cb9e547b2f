import Glibc
import PoDRendezvous

/// Waits as a step of the publisher or the watcher says.
enum Poll {
    static func wait(_ wait: StepWait) {
        var polls = wait.sockets.map { pollfd(fd: $0.descriptor, events: $0.events, revents: 0) }
        poll(&polls, nfds_t(polls.count), wait.milliseconds)
    }
}
