internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Puts ``RestService`` behind HTTP. One responder for everything, for a router would decode and merge the path that
/// the rules must see as it came.
struct RestResponder: HTTPResponder {
    typealias Context = BasicRequestContext

    let service: RestService
    let clock: @Sendable () -> Int64

    func respond(to request: Request, context: Context) async throws -> Response {
        let fields = request.headers.map { RestRequest.Field(name: $0.name.rawName, value: $0.value) }
        let rest = RestRequest(method: request.method.rawValue, target: request.head.path ?? "", fields: fields)
        let answer = self.service.answer(rest, now: self.clock())
        var headers = HTTPFields()
        headers[.contentType] = answer.contentType
        headers[.contentRange] = answer.contentRange
        headers[.allow] = answer.allow
        headers[.contentLength] = String(answer.contentLength)
        return Response(
            status: HTTPResponse.Status(code: answer.status), headers: headers,
            body: answer.body.isEmpty ? ResponseBody() : ResponseBody(byteBuffer: ByteBuffer(bytes: answer.body)))
    }
}
