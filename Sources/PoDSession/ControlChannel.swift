import NIOCore
import NIOExtras

/// The pipeline of the control channel, the same at both ends.
enum ControlChannel {
    /// Lines in, lines out; a line that is too long ends the connection.
    static func wrap(_ channel: any Channel) throws -> NIOAsyncChannel<ByteBuffer, ByteBuffer> {
        let framing = ByteToMessageHandler(LineBasedFrameDecoder(), maximumBufferSize: ControlCodec.longestLine)
        try channel.pipeline.syncOperations.addHandler(framing)
        return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
    }
}
