#!/usr/bin/perl
# A look at 10,000 masters: the answer read, checked and chosen from, beside JSON::XS with the same checks in Perl.
use strict;
use warnings;

use AliEn::PoD;
use JSON::XS;
use Peer qw(answer choose compare get row serve);

my $body = answer(10_000);
my $empty = '{"results":[' . ' ' x (length($body) - 15) . "]}\n";
my ($full_port, $empty_port) = (serve($body), serve($empty));
my $json = JSON::XS->new->utf8;
my ($full, $nothing) = map {
    AliEn::PoD::Watcher->new(repository => "http://127.0.0.1:$_", allow_unsigned => 1)
} $full_port, $empty_port;

# The same number of bytes without rows tells the reading from the fetching.
my ($ours, $our_fetch, $peer, $peer_fetch) = map { 1000 * $_ } compare(
    30,
    sub { $full->check or die 'none found' },
    sub { !$nothing->check or die 'found' },
    sub { choose($json, get($full_port)) or die 'none found' },
    sub { !choose($json, get($empty_port)) or die 'found' },
);
row(sprintf('an answer of 10,000 masters (%.1f MB) read, checked and chosen from', length($body) / 1e6),
    '≥ 3 times as fast', sprintf('%.1f times', ($peer - $peer_fetch) / ($ours - $our_fetch)),
    sprintf('JSON::XS and the same checks in Perl: %.1f ms, ours %.1f ms', $peer - $peer_fetch, $ours - $our_fetch));
row('the same, with its fetch over loopback', '', sprintf('%.1f times', $peer / $ours),
    sprintf('JSON::XS over a bare socket: %.1f ms, ours over libcurl %.1f ms', $peer, $ours));
