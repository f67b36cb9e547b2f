/// What a server answered.
public struct HTTPAnswer: Sendable {
    /// The URL that was asked for, before redirects.
    public let url: String
    /// 200 to 299: any other is an error before it gets here.
    public let status: Int
    /// As the server says it; empty where it does not.
    public let contentType: String
    public let body: [UInt8]
    /// The server's clock, in seconds since 1970; `nil` where it does not tell.
    public let date: Int64?

    public init(url: String, status: Int, contentType: String, body: [UInt8], date: Int64?) {
        self.url = url
        self.status = status
        self.contentType = contentType
        self.body = body
        self.date = date
    }
}
