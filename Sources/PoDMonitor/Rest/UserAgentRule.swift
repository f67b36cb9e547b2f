/// Who is sent a page for robots instead of an answer: `ThreadedPage.acceptRequest` of MonALISA, with its defaults.
package enum UserAgentRule {
    /// The page, whatever was asked for.
    package static let page =
        "<html><head><title>MonALISA Grid Monitoring tool</title></head><body>"
        + "<a href='http://monalisa.caltech.edu/' alt='MonALISA Grid Monitoring tool'>MonALISA home page</a>"
        + "</body></html>\n"

    package static let pageContentType = "text/html;charset=ISO-8859-1"

    private static let robots = ["msnbot", "searchpreview", "psbot"]

    /// - Parameter userAgent: The header field; missing, empty or `-` counts as a robot.
    package static func admits(_ userAgent: String?) -> Bool {
        guard let userAgent, !userAgent.isEmpty, userAgent != "-" else { return false }
        let name = userAgent.lowercased()
        return !self.robots.contains { name.hasPrefix($0) }
    }
}
