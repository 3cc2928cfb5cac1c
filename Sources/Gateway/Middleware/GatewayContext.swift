package import Hummingbird
import NIOCore

/// What Hummingbird hands along with a request: the connection it came on.
package struct GatewayContext: InitializableFromSource, Sendable {
    let channel: any Channel

    package init(source: ApplicationRequestContextSource) { channel = source.channel }
}
