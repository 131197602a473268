"""Where facts come from: Cloudflare, Pulumi's state, the stack's configuration."""
