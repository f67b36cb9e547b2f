import PoDRendezvous
import Testing

struct ReportsTests {
    @Test("the oldest are kept for who asks, and it is told how many were not")
    func bound() {
        var reports = Reports()
        for number in 1...250 {
            reports.add("\(number)")
        }
        var told: [String] = []
        while let report = reports.next() {
            told.append(report)
        }
        #expect(told == (1...100).map(String.init) + ["150 more reports were left out"])
    }
}
