import AsyncHTTPClient
import NIOCore
import NIOPosix

/// A few words on why no answer came, without a library's own phrases.
enum ConnectionFault {
    static func text(_ error: any Error) -> String {
        switch error {
        case is CancellationError: return "it was interrupted"
        case let error as HTTPClientError: return text(error)
        case let error as IOError: return words(error.errnoCode) ?? "the connection failed"
        case let error as NIOConnectionError:
            if let first = error.connectionErrors.first { return text(first.error) }
            return "the name \(error.host) does not resolve"
        case is ChannelError: return "the connection broke"
        default: return "the connection failed"
        }
    }

    private static func text(_ error: HTTPClientError) -> String {
        switch error {
        case .connectTimeout: "connecting took too long"
        case .readTimeout, .deadlineExceeded: "it took too long"
        case .remoteConnectionClosed: "it closed the connection"
        case .cancelled: "it was interrupted"
        case .invalidURL, .emptyHost: "the address is none"
        default: "the connection failed"
        }
    }

    private static func words(_ code: CInt) -> String? {
        switch code {
        case ECONNREFUSED: "nobody listens there"
        case ECONNRESET, EPIPE: "it closed the connection"
        case ETIMEDOUT: "connecting took too long"
        case EHOSTUNREACH, ENETUNREACH: "there is no way to it"
        default: nil
        }
    }
}
