use strict;
use warnings;

use lib 't/lib';
use PoDTest qw(read_file strict);
use Test::More;

# The lines that alien/patches put into AliEn's JobAgent, in a subroutine of a JobAgent that stands in for it.
my %lines;
foreach my $branch (qw(v2-19 v2-20 v2-21 master)) {
    my $patch = read_file("../alien/patches/$branch.patch");
    plan skip_all => 'the patches are in a checkout only' if !defined $patch && !strict();
    $lines{ join '', $patch =~ /^\+(?!\+\+)(.*\n)/mg } = $branch;
}
is(scalar keys %lines, 1, 'the same for all branches');

{

    package JobAgent;
    sub new { my ($class, %config) = @_; return bless { LOG => [], CONFIG => {%config} }, $class }
    sub info { push @{ $_[0]{LOG} }, $_[1] }
}
my ($lines) = keys %lines;
ok(eval "package JobAgent; sub wakes_up { my \$self = shift;\n$lines return 'ends'; } 1", 'they compile') or diag($@);

sub wakes_up {
    my ($agent, $code) = @_;
    no warnings qw(once redefine);
    local *AliEn::Service::JobAgent::PoD::checkPoD = $code if $code;
    return $agent->wakes_up;
}

subtest 'off: nothing of ours is loaded' => sub {
    foreach my $config ({}, { CE_PODENABLED => 'no' }, { POD_ENABLED => 1 }, { POD_ENABLED => 'YES' }) {
        my $agent = JobAgent->new(%$config);
        is(wakes_up($agent), 'ends', 'the agent ends');
        is_deeply($agent->{LOG}, [], '... as it did before');
    }
    ok(!$INC{'AliEn/Service/JobAgent/PoD.pm'}, 'not loaded');
};

subtest 'not installed: a line in the log' => sub {
    local @INC;
    my $agent = JobAgent->new(CE_PODENABLED => 'yes');
    is(wakes_up($agent), 'ends', 'the agent ends');
    like("@{ $agent->{LOG} }", qr{^PoD: Can't locate AliEn/Service/JobAgent/PoD\.pm}, '... and says why');
};

subtest 'on' => sub {
    require AliEn::Service::JobAgent::PoD;
    foreach my $key (qw(CE_PODENABLED MONALISA_PODENABLED POD_ENABLED)) {
        my $agent = JobAgent->new($key => 'yes');
        is(wakes_up($agent, sub { is($_[1], $agent, 'is given the agent'); 1 }), 1, "$key: there is reason to go on");
        is(wakes_up($agent, sub { 0 }), 'ends', '... and none');
        is_deeply($agent->{LOG}, [], '... quietly');
        is(wakes_up($agent, sub { die "signal\n" }), 'ends', 'an exception ends the agent in good order');
        is_deeply($agent->{LOG}, ["PoD: signal\n"], '... with a line in the log');
    }
};

done_testing;
