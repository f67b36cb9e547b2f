use strict;
use warnings;

use AliEn::PoD;
use lib 't/lib';
use PoDTest qw(alien_pod private_directory read_file start_monitor strict);
use Test::More;

# The way an advertisement goes, over real sockets: Perl publisher, the embedded MonALISA, Perl watcher, files.
if (!alien_pod() && !strict()) {
    plan skip_all => 'alien-pod is not built; ALIEN_POD names it';
}
my $monitor = start_monitor() or die 'alien-pod is not built';

my $publisher = AliEn::PoD::Publisher->new(
    master_job_id => '1234567890',
    address       => 'pod-master.example.org:22001',
    destinations  => [$monitor->{udp}],
    wanted        => 4,
);
my $directory = private_directory();
my @log;
my $watcher = AliEn::PoD::Watcher->new(
    repository     => $monitor->{url},
    directory      => $directory,
    user           => 'poduser',
    check_period   => 1,
    run_time       => 20,
    allow_unsigned => 1,
    log            => sub { push @log, $_[0] },
);

is($watcher->check, undef, 'nobody advertises');

is($publisher->publish, 1, 'the publisher sends');
my $found = $watcher->run;
is($found->{master_job_id}, '1234567890', 'the watcher finds it');
is($found->{wanted},   4,             'what it wants');
is($found->{protocol}, 'alien-pod/1', 'what it speaks');
is($found->{farm},     'TEST',        'the farm that says so');
is(read_file("$directory/server_info.cfg"), "[server]\nhost=pod-master.example.org\nuser=poduser\nport=22001\n\n",
    'server_info.cfg');

is($publisher->publish(wanted => 0), 1, 'the publisher withdraws');
ok(PoDTest::wait_for(10, sub { !$watcher->check }), 'the watcher finds it no more');

is($publisher->publish(wanted => 1, address => '[::1]:22002'), 1, 'a worker is lost, from another address');
ok(PoDTest::wait_for(10, sub { $found = $watcher->check }), 'the watcher finds it again');
is($found->{host}, '::1', 'at its new address');
is($found->{wanted}, 1, 'with what it wants now');
is_deeply([grep { !/^warning: master 1234567890 .* is not signed$/ } @log], [], 'nothing went wrong');

done_testing;
