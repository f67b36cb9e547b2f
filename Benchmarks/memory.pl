#!/usr/bin/perl
# What a watching process holds, beside one that does the same with LWP::UserAgent and JSON::XS.
use strict;
use warnings;

use Peer qw(answer row serve);
use POSIX ();

# Resident megabytes after some looks, and those of them that no other process shares; each in a process of its own, which loads only what it needs.
sub resident {
    my ($masters, $program) = @_;
    my $port = serve(answer($masters));
    my $pid = open my $output, '-|';
    die "fork: $!" if !defined $pid;
    if ($pid == 0) {
        no warnings 'exec';
        exec $^X, (map { "-I$_" } @INC), '-e', <<"PERL", "http://127.0.0.1:$port";
use strict;
use warnings;
my (\$url) = \@ARGV;
$program
open my \$status, '<', '/proc/self/status' or die;
print grep { /^(?:VmRSS|RssAnon)/ } <\$status>;
PERL
        POSIX::_exit(127);
    }
    my $text = join '', <$output>;
    close $output;
    my ($all)  = $text =~ /^VmRSS:\s*(\d+)/m;
    my ($anon) = $text =~ /^RssAnon:\s*(\d+)/m;
    die 'a watching process failed' if !$anon;
    return ($all / 1024, $anon / 1024);
}

my $ours = <<'PERL';
use AliEn::PoD;
my $watcher = AliEn::PoD::Watcher->new(repository => $url, allow_unsigned => 1);
foreach (1 .. 5) { $watcher->check or die }
PERL
my $peer = <<'PERL';
use JSON::XS;
use LWP::UserAgent;
use Peer qw(choose);
my ($agent, $json) = (LWP::UserAgent->new, JSON::XS->new->utf8);
foreach (1 .. 5) { choose($json, $agent->get("$url/rest/*/PoD_Masters/*/-60000/-1/Address")->content) or die }
PERL

foreach my $masters (10, 10_000) {
    my ($our_size, $our_own) = resident($masters, $ours);
    my ($peer_size, $peer_own) = resident($masters, $peer);
    row("resident memory of a process that watches $masters masters", '< 1', sprintf('%.2f', $our_size / $peer_size),
        sprintf('LWP::UserAgent and JSON::XS: %.1f MB, ours %.1f MB', $peer_size, $our_size));
    row('... of it what no other process shares', '', sprintf('%.2f', $our_own / $peer_own),
        sprintf('%.1f MB, ours %.1f MB', $peer_own, $our_own));
}
