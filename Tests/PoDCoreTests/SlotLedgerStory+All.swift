import PoDCore

extension SlotLedgerStory {
    static let all = Self.claims + Self.deadlines + Self.returns + Self.lateAndReordered + Self.holders

    private static let claims = [
        SlotLedgerStory(
            "never grants more than wanted", wanted: 2,
            [
                .claim(1, at: 0, .granted(1)), .claim(2, at: 0, .granted(2)), .claim(3, at: 0, .full),
                .counts(held: 2, registered: 0, free: 0), .register(1, at: 5, .accepted), .claim(3, at: 5, .full),
                .counts(held: 2, registered: 1, free: 0),
            ]),
        SlotLedgerStory("grants nothing when nothing is wanted", wanted: 0, [.claim(1, at: 0, .full)]),
        SlotLedgerStory(
            "a repeated claim gets the lease it has", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .claim(1, at: 1, .repeated(1)), .register(1, at: 2, .accepted),
                .claim(1, at: 3, .repeated(1)), .claim(2, at: 3, .full), .counts(held: 1, registered: 1, free: 0),
            ]),
        SlotLedgerStory(
            "a repeated claim gives no more time to register", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .claim(1, at: 119, .repeated(1)),
                .expire(at: 120, [.slotFreed(.number(1)), .forgotten(.number(1))]), .register(1, at: 120, .leaseLost),
            ]),
        SlotLedgerStory(
            "a lease id is never used again", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .bye(1), .claim(1, at: 1, .granted(2)), .bye(2),
                .claim(2, at: 2, .granted(3)), .heartbeat(1, at: 3, .leaseLost), .register(2, at: 3, .leaseLost),
                .counts(held: 1, registered: 0, free: 0),
            ]),
        SlotLedgerStory(
            "wanting fewer takes no lease away, and grants none", wanted: 3,
            [
                .claim(1, at: 0, .granted(1)), .claim(2, at: 0, .granted(2)), .wants(1),
                .counts(held: 2, registered: 0, free: 0, surplus: 1), .register(2, at: 1, .accepted),
                .claim(3, at: 1, .full), .bye(1), .claim(3, at: 2, .full), .counts(held: 1, registered: 1, free: 0),
                .wants(2), .claim(3, at: 3, .granted(3)), .counts(held: 2, registered: 1, free: 0),
            ]),
    ]

    private static let deadlines = [
        SlotLedgerStory(
            "a lease that nobody registers returns after 120 s", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .expire(at: 119, []), .claim(2, at: 119, .full),
                .claim(2, at: 120, .granted(2)), .expire(at: 120, [.slotFreed(.number(1)), .forgotten(.number(1))]),
                .expire(at: 120, []),
            ]),
        SlotLedgerStory(
            "a silent worker is away after 45 s, its slot free after 55, forgotten after 165", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .expire(at: 44, []),
                .expire(at: 45, [.away(.number(1))]), .counts(held: 1, registered: 0, free: 0),
                .expire(at: 54, []), .claim(2, at: 54, .full), .expire(at: 55, [.slotFreed(.number(1))]),
                .counts(held: 0, registered: 0, free: 1), .expire(at: 164, []),
                .expire(at: 165, [.forgotten(.number(1))]), .heartbeat(1, at: 165, .leaseLost),
            ]),
        SlotLedgerStory(
            "heartbeats keep it", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .heartbeat(1, at: 44, .accepted),
                .heartbeat(1, at: 88, .accepted), .expire(at: 132, []), .heartbeat(1, at: 132, .accepted),
                .counts(held: 1, registered: 1, free: 0),
            ]),
        SlotLedgerStory(
            "a heartbeat is no registration", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .heartbeat(1, at: 100, .accepted),
                .counts(held: 1, registered: 0, free: 0), .heartbeat(1, at: 120, .leaseLost),
            ]),
        SlotLedgerStory(
            "a connection that ended frees the slot after 10 s", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 20),
                .counts(held: 1, registered: 0, free: 0), .expire(at: 29, []),
                .expire(at: 30, [.slotFreed(.number(1))]),
                .expire(at: 139, []), .expire(at: 140, [.forgotten(.number(1))]),
            ]),
        SlotLedgerStory(
            "goodbye frees the slot at once", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .bye(1),
                .counts(held: 0, registered: 0, free: 1), .claim(2, at: 0, .granted(2)), .expire(at: 44, []),
            ]),
        SlotLedgerStory(
            "a clock that jumps over all deadlines tells each in its order", wanted: 3,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .claim(2, at: 0, .granted(2)),
                .claim(3, at: 0, .granted(3)), .disconnected(3, at: 0),
                .expire(
                    at: 100_000,
                    [
                        .away(.number(1)), .slotFreed(.number(1)), .forgotten(.number(1)),
                        .slotFreed(.number(2)), .forgotten(.number(2)), .slotFreed(.number(3)), .forgotten(.number(3)),
                    ]),
                .counts(held: 0, registered: 0, free: 3), .expire(at: 200_000, []),
            ]),
    ]

    private static let returns = [
        SlotLedgerStory(
            "a worker that is away comes back to its slot", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 5),
                .resume(1, at: 14, .accepted), .counts(held: 1, registered: 1, free: 0), .expire(at: 58, []),
                .expire(at: 59, [.away(.number(1))]),
            ]),
        SlotLedgerStory(
            "a lapsed one comes back while a slot is free", wanted: 2,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 0),
                .expire(at: 10, [.slotFreed(.number(1))]), .claim(2, at: 10, .granted(2)),
                .heartbeat(1, at: 119, .accepted), .counts(held: 2, registered: 1, free: 0),
            ]),
        SlotLedgerStory(
            "a lapsed one is lost when its slot is another's", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 0),
                .claim(2, at: 10, .granted(2)), .resume(1, at: 11, .leaseLost),
                .counts(held: 1, registered: 0, free: 0),
                .expire(at: 11, [.slotFreed(.number(1)), .forgotten(.number(1))]),
            ]),
        SlotLedgerStory(
            "who was told that the lease is lost does not get it when a slot becomes free", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 0),
                .claim(2, at: 10, .granted(2)), .heartbeat(1, at: 11, .leaseLost), .bye(2),
                .heartbeat(1, at: 12, .leaseLost), .register(1, at: 12, .leaseLost), .resume(1, at: 12, .leaseLost),
                .counts(held: 0, registered: 0, free: 1),
            ]),
        SlotLedgerStory(
            "the claim of a lost lease is lost once, then a claim like any other", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 0),
                .claim(2, at: 10, .granted(2)), .claim(1, at: 11, .lost), .claim(1, at: 12, .full), .bye(2),
                .claim(1, at: 13, .granted(3)),
            ]),
        SlotLedgerStory(
            "nobody comes back after 120 s", wanted: 5,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 0),
                .resume(1, at: 120, .leaseLost), .claim(1, at: 120, .granted(2)),
            ]),
        SlotLedgerStory(
            "going and coming gives no more time to register", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .disconnected(1, at: 60), .resume(1, at: 65, .accepted),
                .disconnected(1, at: 112), .claim(1, at: 115, .repeated(1)), .disconnected(1, at: 118),
                .claim(2, at: 119, .full), .claim(2, at: 120, .granted(2)), .resume(1, at: 120, .leaseLost),
            ]),
        SlotLedgerStory(
            "one that is away registers as it comes back", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .disconnected(1, at: 60), .register(1, at: 65, .accepted),
                .counts(held: 1, registered: 1, free: 0), .expire(at: 109, []), .heartbeat(1, at: 109, .accepted),
                .disconnected(1, at: 121), .heartbeat(1, at: 122, .accepted), .counts(held: 1, registered: 1, free: 0),
            ]),
    ]

    private static let lateAndReordered = [
        SlotLedgerStory(
            "leases of another epoch or never granted are refused", wanted: 1,
            [
                .register(1, at: 0, .leaseLost), .heartbeat(9, at: 0, .leaseLost), .resume(0, at: 0, .leaseLost),
                .disconnected(5, at: 0), .bye(5), .counts(held: 0, registered: 0, free: 1), .expire(at: 0, []),
            ]),
        SlotLedgerStory(
            "registering twice is once", wanted: 2,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 1, .accepted), .register(1, at: 1, .accepted),
                .counts(held: 1, registered: 1, free: 1), .disconnected(1, at: 2), .disconnected(1, at: 9),
                .counts(held: 1, registered: 0, free: 1), .expire(at: 12, [.slotFreed(.number(1))]),
                .disconnected(1, at: 13), .counts(held: 0, registered: 0, free: 2), .bye(1), .bye(1),
                .counts(held: 0, registered: 0, free: 2), .expire(at: 1000, []),
            ]),
        SlotLedgerStory(
            "the end of a connection that comes late gives no more time", wanted: 1,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 55),
                .counts(held: 0, registered: 0, free: 1), .expire(at: 55, [.away(.number(1)), .slotFreed(.number(1))]),
                .expire(at: 165, [.forgotten(.number(1))]), .claim(2, at: 200, .granted(2)), .disconnected(2, at: 320),
                .counts(held: 0, registered: 0, free: 1),
            ]),
        SlotLedgerStory(
            "nothing is told of a worker that came back before it could be", wanted: 2,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .claim(2, at: 0, .granted(2)),
                .register(2, at: 0, .accepted), .heartbeat(1, at: 60, .accepted),
                .expire(at: 60, [.away(.number(2)), .slotFreed(.number(2))]),
                .counts(held: 1, registered: 1, free: 1),
            ]),
        SlotLedgerStory(
            "nothing is told of a worker that said goodbye", wanted: 2,
            [
                .claim(1, at: 0, .granted(1)), .register(1, at: 0, .accepted), .claim(2, at: 50, .granted(2)),
                .bye(1), .expire(at: 1000, [.slotFreed(.number(2)), .forgotten(.number(2))]),
            ]),
    ]

    private static let holders = [
        SlotLedgerStory(
            "a holder who never comes is kept to four", wanted: 10,
            [
                .claim(1, at: 0, by: "a", .granted(1)), .claim(2, at: 0, by: "a", .granted(2)),
                .claim(3, at: 0, by: "a", .granted(3)), .claim(4, at: 0, by: "a", .granted(4)),
                .claim(5, at: 0, by: "a", .tooManyUnregistered), .claim(4, at: 0, by: "a", .repeated(4)),
                .claim(6, at: 0, by: "b", .granted(5)), .register(1, at: 1, .accepted),
                .claim(5, at: 1, by: "a", .granted(6)), .claim(7, at: 1, by: "a", .tooManyUnregistered), .bye(2),
                .claim(7, at: 2, by: "a", .granted(7)),
            ]),
        SlotLedgerStory(
            "going away makes no room for more of a holder's", wanted: 10,
            [
                .claim(1, at: 0, by: "a", .granted(1)), .claim(2, at: 0, by: "a", .granted(2)),
                .claim(3, at: 0, by: "a", .granted(3)), .claim(4, at: 0, by: "a", .granted(4)),
                .disconnected(1, at: 0), .disconnected(2, at: 0), .claim(5, at: 20, by: "a", .tooManyUnregistered),
                .claim(5, at: 120, by: "a", .granted(5)),
            ]),
        SlotLedgerStory(
            "workers that lost their connection keep no others of their holder out", wanted: 10,
            [
                .claim(1, at: 0, by: "a", .granted(1)), .register(1, at: 0, .accepted), .disconnected(1, at: 1),
                .claim(2, at: 0, by: "a", .granted(2)), .register(2, at: 0, .accepted), .disconnected(2, at: 1),
                .claim(3, at: 0, by: "a", .granted(3)), .register(3, at: 0, .accepted), .disconnected(3, at: 1),
                .claim(4, at: 0, by: "a", .granted(4)), .register(4, at: 0, .accepted), .disconnected(4, at: 1),
                .claim(5, at: 2, by: "a", .granted(5)),
            ]),
    ]
}
