/// What the readers here use of the codec, which has to do with NIO's buffers.
enum ControlCodec {
    static let longestLine = 64 << 10
}
